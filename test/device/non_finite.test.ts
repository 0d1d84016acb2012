/** Weights so large that outputs are not finite: said by name, nothing written, exit code 1. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { SafeTensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";

const source = path.resolve(import.meta.dirname, "../../cases/ligo-pairformer-odd");

/** A case whose weights are all finite and far too large. */
function overflowing(): string {
  const folder = path.join(scratch(), "case");
  cpSync(source, folder, { recursive: true });
  const file = path.join(folder, "weights.safetensors");
  const large = ({ shape, data }: HostTensor): HostTensor =>
    float32(
      shape,
      Float32Array.from(data, (value) => value * 1e30),
    );
  const tensors = new SafeTensors(readFileSync(file), file).readAll();
  writeFileSync(file, writeSafetensors(new Map([...tensors].map(([name, tensor]) => [name, large(tensor)]))));
  return folder;
}

it("run says which outputs are not finite and writes no file", async () => {
  const out = path.join(scratch(), "outputs.safetensors");
  const { code, stdout, stderr } = await af3gpu(["run", overflowing(), "--out", out, "--device", testDevice]);
  expect(stderr).toMatch(
    /af3-gpu: the outputs are not finite: s holds (NaN|-?Infinity) at \[\d+, \d+\] \(\d+ of \d+ values are not finite\); z holds/,
  );
  expect(stderr).toContain("Nothing was written");
  expect([code, stdout]).toEqual([1, ""]);
  expect(readdirSync(path.dirname(out))).toEqual([]);
});

it("verify counts them as failed and gives the reason", async () => {
  const folder = overflowing();
  const text = await af3gpu(["verify", folder, "--device", testDevice]);
  expect(text.code).toBe(1);
  expect(text.stdout).toMatch(/FAILED.* s holds (NaN|-?Infinity) at \[\d+, \d+\] \(\d+ of \d+ values are not finite\)/);
  expect(text.stdout).toContain("0 of 1 case passed");
  const { code, stdout } = await af3gpu(["verify", folder, "--device", testDevice, "--json"]);
  expect(code).toBe(1);
  const [{ results }] = JSON.parse(stdout).cases;
  for (const { passed, reason } of results)
    expect([passed, reason]).toEqual([false, expect.stringContaining("not finite")]);
});
