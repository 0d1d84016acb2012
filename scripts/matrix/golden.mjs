// Golden cases in mixed precision on a driver that has matrix units, in the process that sees it.
import path from "node:path";

const { WebGpuBackend } = await import("../../dist/backends/webgpu.js");
const { compareWithCase } = await import("../../dist/bench/core/case_check.js");
const { costOf } = await import("../../dist/bench/core/workload.js");
const { readCase } = await import("../../dist/engines/core/cases.js");
const { findCases, shippedCases } = await import("../../dist/platform/node/cases.js");
const { nodeFiles } = await import("../../dist/platform/node/files.js");
const { kernels } = await import("../../dist/kernels/index.js");
const { tuning } = await import("../../dist/kernels/tune/table.js");
const { nodeSources } = await import("../../dist/platform/node/dawn.js");

/** @typedef {import("../../dist/bench/kernel_check.js").KernelOutcome} Outcome */

/** What a driver in software multiplies within a minute, most of which is compiling: cases beyond it are left out unless they are named. */
const MOST_FLOPS = 4e8;

/** @param {{ name: string, arithmetic?: string }} variant */
const multipliesHalves = ({ arithmetic }) => arithmetic === "f16";
const matrixVariants = new Set(
  kernels.flatMap(({ variants }) => variants.filter(multipliesHalves)).map(({ name }) => name),
);

/** The component whose one product is of a raw representation, which stays float32 whatever is asked for. */
const RAW = "distogram";

/** The reviewed rows that propose matrix units whatever a vendor's architecture, for this adapter too: on a CPU the table prefers what is fast there. */
const asOnGpus = tuning
  .filter(({ variant, adapter }) => matrixVariants.has(variant) && adapter?.architecture === undefined)
  .map(({ adapter, ...row }) => /** @type {import("../../dist/kernels/tune/own_rows.js").OwnRow} */ (row));

/** The adapter that cases run on. @returns {Promise<string>} */
export async function goldenAdapter() {
  const backend = new WebGpuBackend(nodeSources("auto"));
  try {
    return (await backend.device()).adapter.description;
  } finally {
    await backend.dispose();
  }
}

/**
 * Runs the shipped golden cases, or those named, in mixed precision; the diffusion module too where it is what the case is of.
 * @param {readonly string[]} names @param {(name: string, outcome: Outcome) => Promise<unknown>} tell
 */
export async function runGolden(names, tell) {
  for (const folder of await findCases(shippedCases())) {
    const name = path.basename(folder);
    if (names.length > 0 && !names.includes(name)) continue;
    const golden = await readCase(nodeFiles, folder);
    const { component, config, sizes } = golden;
    const { flops } = costOf(component.configure(config, sizes, () => {}));
    const most = `${(MOST_FLOPS / 1e9).toFixed(1)} GFLOP`;
    if (names.length === 0 && flops > MOST_FLOPS) {
      const reason = `too big for a driver in software, ${(flops / 1e9).toFixed(1)} GFLOP of at most ${most}; npm run test:matrix -- ${name} runs it`;
      await tell(name, { kind: "skipped", reason });
    } else await tell(name, await outcomeOf(golden));
  }
}

/** @param {import("../../dist/engines/core/cases.js").GoldenCase} golden @returns {Promise<Outcome>} */
async function outcomeOf(golden) {
  const { engine, component, config, weights, sizes, inputs } = golden;
  const diffusionPrecision = component.name.startsWith("diffusion") ? "mixed" : "f32";
  const use = /** @type {const} */ ({ kind: "own", rows: asOnGpus, notes: [] });
  const precisions = /** @type {const} */ ({ precision: "mixed", diffusionPrecision });
  const backend = new WebGpuBackend(nodeSources("auto"), "auto", async () => use, precisions);
  try {
    const runner = await backend.load({ engine, component: component.name, config, weights, sizes });
    const outputs = await runner.run(inputs);
    const steps = runner.settings.matrix_steps;
    await runner.dispose();
    if (!steps && component.shortName !== RAW)
      return { kind: "failed", reason: `no dispatch multiplies by matrix units: ${JSON.stringify(runner.settings)}` };
    const results = await compareWithCase(nodeFiles, golden, backend, outputs);
    const wrong = results.find(({ passed }) => !passed);
    if (wrong) {
      const { output, error, bound, reason } = wrong;
      return { kind: "failed", reason: reason ?? `${output} is off by ${error.toExponential(2)}, bound ${bound}` };
    }
    const [nearest] = [...results].sort((a, b) => b.error / b.bound - a.error / a.bound);
    return { kind: "passed", error: nearest.error, bound: nearest.bound };
  } finally {
    await backend.dispose();
  }
}
