/** Every kernel × variant × case on the test device: the generic checks of src/bench/kernel_check.ts. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { checkKernel } from "../../src/bench/kernel_check.ts";
import { caseDims } from "../../src/bench/kernel_inputs.ts";
import type { Device } from "../../src/gpu/device/device.ts";
import { costOf, type KernelCase, type Variant } from "../../src/gpu/plan/kernel.ts";
import type { Target } from "../../src/gpu/plan/target.ts";
import type { PipelineCache } from "../../src/gpu/shader/pipelines.ts";
import { kernels } from "../../src/kernels/index.ts";
import { only, openTestBackend } from "../support/device.ts";
import { ErrorLedger } from "../support/ledger.ts";
import { isLeftToNightly, isSlowToCompile, SOFTWARE_FLOPS, smallerCase } from "../support/smaller.ts";

const chosen = kernels.filter(({ name }) => name === (only.kernel ?? name));

/** Whether an entry of the ledger is about a variant or a case that these kernels no longer have. */
const isGone = (entry: string): boolean =>
  chosen.some(
    ({ name, variants, cases }) =>
      entry.startsWith(`${name} (`) &&
      !variants.some((variant: Variant) =>
        cases.some((testCase: KernelCase) => entry === `${name} (${variant.name}) ${testCase.name}`),
      ),
  );

let backend: WebGpuBackend;
let [device, pipelines, target, ledger]: [Device?, PipelineCache?, Target?, ErrorLedger?] = [];

beforeAll(async () => {
  backend = openTestBackend();
  [device, pipelines, target] = [await backend.device(), await backend.pipelines(), await backend.target()];
  ledger = new ErrorLedger(device.adapter);
});
afterAll(async () => {
  ledger?.save((entry) => isGone(entry));
  await backend.dispose();
});

/** On a software adapter, bench cases that are beyond this at any size are left to `af3-gpu kernels --check --case`. */
const TOO_MANY_FLOPS = 2.5e9;
describe.for(chosen.map((kernel) => ({ name: kernel.name, kernel })))("$name", ({ kernel }) => {
  describe.for(kernel.variants.map((variant: Variant) => ({ name: variant.name, variant })))("$name", ({ variant }) => {
    it.for(kernel.cases as readonly KernelCase[])("$name", async (testCase, { skip }) => {
      if (!device || !pipelines || !target || !ledger) throw new Error("no device");
      const at = target;
      const cost = (one: KernelCase) => costOf(kernel, variant, caseDims(at, kernel, variant, one));
      const slow = target.software && cost(testCase).flops > SOFTWARE_FLOPS;
      const taken = (slow && smallerCase(kernel.name, testCase)) || testCase;
      const { flops, bytes } = cost(taken);
      if (target.software && (flops > TOO_MANY_FLOPS || bytes > 2 ** 26))
        skip('bench cases too big for a software adapter: npx af3-gpu kernels NAME --check --case "N = 512"');
      if (target.software && isLeftToNightly(kernel.name, testCase))
        skip(`slow to compile for a software adapter: npx af3-gpu kernels ${kernel.name} --check`);
      const randomShapes = isSlowToCompile(kernel.name) ? 0 : 3;
      const outcome = await checkKernel(device, pipelines, target, kernel, variant, taken, { randomShapes });
      if (outcome.kind === "skipped") skip(`${outcome.reason}: npx af3-gpu kernels --check on another adapter`);
      if (outcome.kind === "failed") expect.fail(outcome.reason);
      if (outcome.kind === "passed")
        expect(ledger.refuses(`${kernel.name} (${variant.name}) ${testCase.name}`, outcome.error)).toBeUndefined();
    });
  });
});
