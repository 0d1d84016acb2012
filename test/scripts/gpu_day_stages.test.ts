/** What a day on a GPU machine runs, by what is there. */
import { describe, expect, it } from "vitest";
import { firstStages, laterStages, machineOf } from "../../scripts/gpu_day/stages.mjs";

describe("stages of a GPU day", () => {
  const settings = { device: "auto", engines: ["x", "y"], folder: "/f", quick: false };
  const entry = (engine: string, backend: string, variant: string, ready: boolean, device = "a GPU") => ({
    ...{ engine, backend, variant, ready, device },
    ...(!ready && { reason: "no wheels" }),
  });
  const states = [
    entry("x", "webgpu", "", true),
    entry("x", "native", "eager", false),
    entry("x", "native", "compile", true),
    entry("x", "native", "tf32", true),
    entry("x", "onnx-cuda", "plain", false),
  ];
  const named = (name: string, list: unknown = states) =>
    laterStages(settings, machineOf(list)).find((one) => one.name === name);

  it("run what is ready beside ours, and say what is not", () => {
    expect(named("x-native")?.args).toEqual(
      expect.arrayContaining(["--backend", "webgpu,native:compile", "--preset", "block"]),
    );
    expect(named("x-native")?.skip).toBeUndefined();
    expect(named("x-native-tf32")?.args).toContain("webgpu,native:tf32");
    expect(named("x-onnx-cuda")?.skip).toBe("ONNX Runtime with CUDA is not here: no wheels");
    expect(named("y-native")?.skip).toMatch(/is not here: bench --list did not name it/);
  });

  it("try every opponent where the list of backends did not come", () => {
    expect(named("y-native", null)?.args).toContain("webgpu,native:eager,native:compile");
    expect(laterStages(settings, machineOf(undefined)).filter(({ skip }) => skip !== undefined)).toEqual([]);
  });

  it("are small on a CPU, and none where there is no adapter", () => {
    const cpu = named("tune", [entry("x", "webgpu", "", true, "llvmpipe (software)")]);
    expect(cpu?.args).toEqual(expect.arrayContaining(["--preset", "tiny"]));
    const none = laterStages(settings, machineOf([entry("x", "webgpu", "", false)]));
    expect(new Set(none.map(({ skip }) => skip))).toEqual(new Set(["no wheels"]));
    expect(machineOf(undefined)).toMatchObject({ software: false, states: [] });
  });

  it("have names of their own, since files have", () => {
    const names = [...firstStages(settings), ...laterStages(settings, machineOf(states))].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
