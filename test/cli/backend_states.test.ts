/** `bench --list` and `doctor` say a thing once, not per engine and variant. */
import { expect, it } from "vitest";
import { statesText } from "../../src/cli/backend_states.ts";
import type { BackendState } from "../../src/cli/backends.ts";

const ready = (engine: string, backend: string, variant: string): BackendState =>
  ({ engine, backend, variant, device: "llvmpipe (software)", ready: true }) as BackendState;
const missing = (engine: string, backend: string, variant: string, reason: string, fix: string): BackendState =>
  ({ engine, backend, variant, device: "auto", ready: false, reason, fix }) as BackendState;

const everything = ["deepmind", "ligo"].flatMap((engine) => [
  ready(engine, "webgpu", ""),
  ready(engine, "onnx-cpu", "plain"),
  ready(engine, "onnx-cpu", "mha"),
  missing(engine, "onnx-cuda", "plain", "no cuda provider", "install CUDA"),
  missing(engine, "onnx-cuda", "mha", "no cuda provider", "install CUDA"),
  missing(engine, "native", "", `the ${engine} repository is not there`, `npm run setup:native -- ${engine}`),
]);

it("what is true of several engines and variants stands once", () => {
  expect(statesText(everything)).toBe(
    [
      "backend                 state",
      "webgpu                  ready on llvmpipe (software)",
      "onnx-cpu (plain, mha)   ready on llvmpipe (software)",
      "onnx-cuda (plain, mha)  not ready: no cuda provider",
      "native                  not ready: the ENGINE repository is not there",
      "What the others need (ENGINE is deepmind or ligo):",
      "  onnx-cuda: install CUDA",
      "  native: npm run setup:native -- ENGINE",
    ].join("\n"),
  );
});

it("what is true of one engine names it", () => {
  const mixed = [ready("ligo", "native", ""), missing("deepmind", "native", "", "no deepmind here", "fetch deepmind")];
  expect(statesText(mixed)).toBe(
    [
      "backend                state",
      "native, ligo only      ready on llvmpipe (software)",
      "native, deepmind only  not ready: no deepmind here",
      "What the others need:",
      "  native: fetch deepmind",
    ].join("\n"),
  );
});

it("where all are ready, nothing is needed", () => {
  expect(statesText([ready("ligo", "webgpu", "")])).not.toContain("need");
});
