/** The shipped golden cases: what the real repositories answered. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { compareCase, readCase, readExpected } from "../../src/engines/core/cases.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { shippedCases } from "../../src/platform/node/cases.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { only, openTestBackend, swiftShaderHere, swiftShaderSkip } from "../support/device.ts";
import { ErrorLedger } from "../support/ledger.ts";
import { weightsOf } from "../support/undo.ts";

const shipped = shippedCases();
const folders = readdirSync(shipped)
  .filter((name) => existsSync(path.join(shipped, name, "case.json")))
  .filter((name) => !only.cases || only.cases.test(name))
  .sort();

/** Work beyond which a case is left to `af3-gpu verify`: about half a minute on SwiftShader, and on lavapipe without its optimiser. */
const [SWIFTSHADER_FLOPS, SOFTWARE_FLOPS] = [1e9, 3e10];

/** Where the best adapter is SwiftShader, everything has been done on it. */
let done = false;

describe.for(only.cases ? ["auto"] : ["auto", "swiftshader"])("on %s", (choice) => {
  let backend: WebGpuBackend | undefined;
  let ledger: ErrorLedger | undefined;
  beforeAll(async () => {
    if (choice === "swiftshader" && (done || !swiftShaderHere)) return;
    backend = choice === "auto" ? openTestBackend() : openTestBackend(choice);
    const { adapter } = await backend.device();
    done = adapter.device.includes("swiftshader");
    ledger = new ErrorLedger(adapter);
  });
  afterAll(async () => {
    ledger?.save();
    await backend?.dispose();
  });

  it.for(folders)("%s", async (name, { skip }) => {
    if (!backend || !ledger) return skip(done ? "the best adapter here is SwiftShader: done above" : swiftShaderSkip);
    const golden = await readCase(nodeFiles, path.join(shipped, name));
    const { engine, component, config, sizes, inputs } = golden;
    const plan = new Plan(await backend.target());
    component.configure(config, sizes, () => {}).record(plan);
    const { flops } = plan.cost();
    const slow = (await backend.device()).adapter.device.includes("swiftshader");
    if (slow && flops > SWIFTSHADER_FLOPS)
      return skip("cases at published widths on SwiftShader: npx af3-gpu verify --device swiftshader");
    if (plan.target.software && flops > SOFTWARE_FLOPS)
      return skip(
        "blocks of 256 tokens on a software adapter: npx af3-gpu verify, which .github/workflows/nightly.yml runs",
      );
    await using runner = await backend.load({
      engine,
      component: component.name,
      config,
      weights: weightsOf(golden),
      sizes,
    });
    for (const result of compareCase(golden, await readExpected(nodeFiles, golden), await runner.run(inputs))) {
      expect(result.count).toBeGreaterThan(0);
      expect(result.error, `${result.output} at [${result.at.join(", ")}]`).toBeLessThanOrEqual(result.bound);
      expect(ledger.refuses(`case ${name} ${result.output}`, result.error)).toBeUndefined();
    }
  });
});
