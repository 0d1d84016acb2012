/** The real shims: the pinned repositories through the native backend, on golden cases. Needs Python and the checkouts. */
import { afterAll, describe, expect, it } from "vitest";
import { NativeBackend } from "../../src/backends/native/backend.ts";
import { compareCase, readCase, readExpected } from "../../src/engines/core/cases.ts";
import type { EngineName } from "../../src/engines/core/component.ts";
import { engineNames } from "../../src/engines/index.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { pythonShims } from "../../src/platform/node/native/host.ts";
import { only } from "../support/device.ts";

const cases: Readonly<Record<EngineName, readonly string[]>> = {
  ligo: ["ligo-pairformer-odd", "ligo-trunk-odd"],
  deepmind: ["deepmind-pairformer-odd", "deepmind-trunk-few-rows"],
  protenix: ["protenix-pairformer-odd", "protenix-confidence_head-odd", "protenix-full-scaled"],
};

const backend = new NativeBackend(pythonShims(), { device: "cpu" });
afterAll(() => backend.dispose());

describe.for(engineNames)("%s", (engine) => {
  it.for(cases[engine])("%s", async (name, { skip }) => {
    if (only.kernel || only.cases) skip("no kernel is in it: npm test");
    const status = await backend.status(engine);
    if (!status.ready) return skip(`${status.reason}: ${status.fix}`);
    const golden = await readCase(nodeFiles, `cases/${name}`);
    const { component, config, weights, sizes } = golden;
    const runner = await backend.load({ engine, component: component.name, config, weights, sizes });
    try {
      const { outputs, times, peakBytes } = await runner.time(golden.inputs);
      const results = compareCase(golden, await readExpected(nodeFiles, golden), outputs);
      expect(results.filter(({ passed }) => !passed)).toEqual([]);
      expect(times.elapsed).toBeGreaterThan(times.execute);
      expect(peakBytes).toBeGreaterThan(runner.memory.weights ?? 0);
      expect(runner.settings).toMatchObject({ device: "cpu", tf32: "off", dtype: "float32" });
      expect(await runner.run(golden.inputs)).toEqual(outputs); // nothing of a run is left for the next
    } finally {
      await runner.dispose();
    }
  });
});
