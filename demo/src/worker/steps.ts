/** Where the time goes: every dispatch by GPU timestamps, or sections by the wall clock. */
import type { TensorMap } from "af3-gpu";
import type { WebGpuRunner } from "../../../src/backends/webgpu.ts";
import { floats, runComponent, type Session } from "../../../src/engines/core/component.ts";
import type { Device } from "../../../src/gpu/device/device.ts";
import type { StepTimes } from "../shared/protocol.ts";
import type { TimedPass } from "./run.ts";
import type { Workload } from "./workload.ts";

/** Browsers round timestamps to 100 µs, which is more than a small dispatch takes: the mean of several runs is less wrong. */
const RUNS = { software: 1, hardware: 10 } as const;

/** Times steps. @param passes the passes that have been timed, for devices without timestamps */
export async function timeSteps(
  device: Device,
  { configured }: Workload,
  { executable }: WebGpuRunner,
  inputs: TensorMap,
  passes: readonly TimedPass[],
  signal: AbortSignal,
): Promise<StepTimes> {
  if (!device.features.has("timestamp-query")) return sectionTimes(passes);
  const { steps, sections } = executable.plan;
  const sums = new Float64Array(steps.length);
  const session: Session = {
    async run(section, values) {
      const options = { signal, ...(section !== undefined && { section }) };
      const { first } = sections.find(({ name }) => section === undefined || name === section) ?? sections[0];
      const times = await executable.profile(values, options);
      times.forEach((time, index) => {
        sums[first + index] += time;
      });
      // What the next sections need of this one. Its results are of no use: the timed run has changed what it read.
      return floats((await executable.run(values, options)).outputs);
    },
  };
  const runs = RUNS[device.adapter.software ? "software" : "hardware"];
  for (let run = 0; run < runs; run++) await runComponent(configured, session, inputs);
  return {
    clock: "gpu",
    runs,
    steps: steps.map(({ label, kernel }, index) => ({ label, kernel: kernel.name, ms: sums[index] / runs })),
  };
}

function sectionTimes(passes: readonly TimedPass[]): StepTimes {
  const [{ sections }] = passes;
  const mean = (index: number): number =>
    passes.reduce((sum, pass) => sum + pass.sections[index].execute, 0) / passes.length;
  const steps = sections.map(({ name }, index) => ({ label: name || "trunk", kernel: "", ms: mean(index) }));
  return { clock: "wall", runs: passes.length, steps };
}
