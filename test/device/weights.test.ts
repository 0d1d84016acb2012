/** Weights in every format give the same outputs. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { SafeTensors } from "../../src/formats/safetensors.ts";
import { scratch } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { af3gpu } from "../support/inside.ts";
import { concat, record, storedFrame } from "../support/records.ts";

const source = path.resolve(import.meta.dirname, "../../cases/deepmind-pairformer-odd");

it("run takes an af3.bin, an af3.bin.zst or a folder of parts in safetensors' place", async () => {
  const folder = scratch();
  const at = path.join(source, "weights.safetensors");
  const tensors = new SafeTensors(readFileSync(at), at).readAll();
  const records = [...tensors].map(([full, { shape, data }]) => {
    const [scope, name] = full.split(":");
    return record({ scope, name, dtype: "float32", shape, data: new Uint8Array(data.buffer) });
  });
  const [bin, packed] = [concat(...records), storedFrame(concat(...records))];
  const parts = path.join(folder, "parts");
  mkdirSync(parts);
  writeFileSync(path.join(folder, "af3.bin"), bin);
  writeFileSync(path.join(folder, "af3.bin.zst"), packed);
  writeFileSync(path.join(parts, "af3.0.bin.zst"), packed.subarray(0, 777));
  writeFileSync(path.join(parts, "af3.1.bin.zst"), packed.subarray(777));
  const config = path.join(folder, "config.json");
  writeFileSync(config, JSON.stringify(JSON.parse(readFileSync(path.join(source, "case.json"), "utf8")).config));
  const outputs: Buffer[] = [];
  for (const weights of [at, path.join(folder, "af3.bin"), path.join(folder, "af3.bin.zst"), parts]) {
    const out = path.join(folder, "out.safetensors");
    const files = ["--config", config, "--weights", weights, "--inputs", path.join(source, "inputs.safetensors")];
    const { code, stderr } = await af3gpu(
      ["run", "--engine", "deepmind", "--component", "pairformer", ...files, "--out", out, "--device", testDevice],
      { cwd: folder },
    );
    expect([code, stderr], weights).toEqual([0, expect.not.stringContaining("ignored")]);
    outputs.push(readFileSync(out));
  }
  for (const output of outputs) expect(output.equals(outputs[0])).toBe(true);
});

it.each(["float16", "bfloat16"])("run takes %s for the float32 that it is worth", async (dtype) => {
  const folder = scratch();
  const inputs = path.join(source, "inputs.safetensors");
  const config = path.join(folder, "config.json");
  writeFileSync(config, JSON.stringify(JSON.parse(readFileSync(path.join(source, "case.json"), "utf8")).config));
  const outputs: Buffer[] = [];
  // Of the first, the halves; of the second, the float32 that they are worth.
  for (const [from, name, type] of [
    [path.join(source, "weights.safetensors"), "halves.safetensors", dtype],
    [path.join(folder, "halves.safetensors"), "widened.safetensors", "float32"],
  ]) {
    const [weights, out] = [path.join(folder, name), path.join(folder, "out.safetensors")];
    expect((await af3gpu(["weights", "convert", from, "--dtype", type, "--out", weights])).code).toBe(0);
    const { code, stderr } = await af3gpu([
      ...["run", "--engine", "deepmind", "--component", "pairformer", "--config", config, "--weights", weights],
      ...["--inputs", inputs, "--out", out, "--device", testDevice],
    ]);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("ignored")]);
    outputs.push(readFileSync(out));
  }
  expect(readFileSync(path.join(folder, "halves.safetensors")).length).toBeLessThan(
    readFileSync(path.join(folder, "widened.safetensors")).length * 0.7,
  );
  expect(outputs[0].equals(outputs[1])).toBe(true);
});
