// The process of `npm run test:matrix` that sees a driver with matrix units: checks cases, and tells the parent of each by message.
const { withMatrixUnits } = await import("../../dist/backends/matrix_units.js");
const { checkKernel } = await import("../../dist/bench/kernel_check.js");
const { caseDims } = await import("../../dist/bench/kernel_inputs.js");
const { openDevice } = await import("../../dist/gpu/device/device.js");
const { costOf, halvesOf } = await import("../../dist/gpu/plan/kernel.js");
const { wrongUnits } = await import("../../dist/gpu/plan/target.js");
const { PipelineCache } = await import("../../dist/gpu/shader/pipelines.js");
const { shaders } = await import("../../dist/generated/shaders.js");
const { attention } = await import("../../dist/kernels/attention.js");
const { keysMatrixVariant } = await import("../../dist/kernels/families/keys_matrix.js");
const { kernels } = await import("../../dist/kernels/index.js");
const { transition } = await import("../../dist/kernels/transition.js");
const { tuning } = await import("../../dist/kernels/tune/table.js");
const { checkExact, exactCases } = await import("./exact.mjs");
const { rewrites, rewritten } = await import("./rewrites.mjs");
const { nodeSources } = await import("../../dist/platform/node/dawn.js");

/**
 * What is to be checked: kernels and golden cases by name, all where a list is empty, none where it is undefined;
 * whether to end at the first case of a kernel that is off.
 * @typedef {{ kernels: readonly string[] | undefined, part: string | undefined, golden: readonly string[] | undefined,
 *   bail: boolean, rewritten: boolean }} Request
 */

/**
 * What is told: the adapter first, then each case.
 * @typedef {{ adapter: string, matrices?: readonly import("../../dist/gpu/plan/target.js").SubgroupMatrix[] }
 *   | { name: string, outcome: import("../../dist/bench/kernel_check.js").KernelOutcome }} Message
 */

/** Without its optimiser, a driver that multiplies matrices in software does so much a minute: cases beyond it are left out unless named. */
const MOST_FLOPS = 1e8;

/**
 * Launches by which lanes of two subgroups share rows, of an attention and of two products in one: a driver that runs the lanes of a
 * subgroup in step, and its subgroups one after the other, shows only so that a barrier between them is missing.
 */
const ACROSS = {
  keys: { SUBGROUPS: 2, ROW_FRAGMENTS: 1, KEY_FRAGMENTS: 8 },
  chain: { ROW_FRAGMENTS: 1 },
};

/** Proposes attention by matrix units. @type {import("../../dist/gpu/plan/target.js").TuningRow} */
const ROW = { family: "keys", variant: "matrix", origin: { kind: "judgement", because: "a test" } };

/** @param {Message} message */
const tell = (message) => new Promise((resolve) => process.send?.(message, resolve));

/** @param {Request} request */
async function checkAll({ kernels: names, part, golden, bail, rewritten: other }) {
  if (other) return checkRewritten();
  const right = !names || (await checkKernels(names, part, bail));
  if (!golden || (bail && !right)) return;
  const { goldenAdapter, runGolden } = await import("./golden.mjs");
  await tell({ adapter: await goldenAdapter() });
  await runGolden(golden, (name, outcome) => tell({ name, outcome }));
}

/** @throws {Error} if the adapter has nothing to test */
async function openUnits() {
  const [system] = nodeSources("auto");
  const device = await openDevice([system]);
  if (device.subgroupMatrices.length) return device;
  throw new Error(`${device.adapter.description} has no matrix units that WebGPU tells of`);
}

/**
 * Whether the test finds an attention that forgets what earlier keys summed to, and leaves the other families on.
 * @param {import("../../dist/gpu/device/device.js").Device} device @param {import("../../dist/gpu/plan/target.js").Target} target
 * @returns {Promise<import("../../dist/bench/kernel_check.js").KernelOutcome>}
 */
async function judgeBroken(device, target) {
  const file = "lib/attention_matrix.wgsl";
  const sums = "var sums = Sums();";
  const broken = shaders[file].replace(sums, "").replace("stage_keys(lane, task, first);", `$& ${sums}`);
  const pipelines = new PipelineCache(device, { ...shaders, [file]: broken });
  const { tested } = await withMatrixUnits({ ...target, precision: { mode: "mixed" } }, { device, pipelines });
  const found = JSON.stringify([...(tested ?? [])].map(([family, wrong]) => [family, wrong === undefined]));
  return found === '[["tile",true],["keys",false],["chain",true]]'
    ? { kind: "passed", error: 0, bound: 0 }
    : { kind: "failed", reason: `it finds ${found}` };
}

/**
 * @param {readonly string[]} names @param {string | undefined} part @param {boolean} bail what is compiled takes minutes
 * @returns {Promise<boolean>} whether all was right, as far as it was asked
 */
async function checkKernels(names, part, bail) {
  const device = await openUnits();
  const target = device.target(tuning);
  const pipelines = new PipelineCache(device, shaders);
  await tell({ adapter: device.adapter.description, matrices: device.subgroupMatrices });
  const mixed = await withMatrixUnits({ ...target, precision: { mode: "mixed" } }, { device, pipelines });
  /** @type {import("../../dist/bench/kernel_check.js").KernelOutcome} */
  const right =
    mixed.tested && wrongUnits(mixed).length === 0
      ? { kind: "passed", error: 0, bound: 0 }
      : {
          kind: "failed",
          reason: wrongUnits(mixed).join("; ") || "plans in mixed precision would not use what is here",
        };
  let failed = right.kind === "failed";
  // The test says that something is off, and not what: a compiler's message comes with a case.
  const ends = () => bail && failed;
  await tell({ name: "the test before plans take it", outcome: right });
  /** @param {string} name @param {import("../../dist/bench/kernel_check.js").KernelOutcome} outcome */
  const say = async (name, outcome) => {
    failed ||= outcome.kind === "failed";
    await tell({ name, outcome });
  };
  await say("the test where an attention is wrong", await judgeBroken(device, target));
  /** @type {import("../../dist/gpu/plan/target.js").TuningRow[]} */
  const rows = /** @type {const} */ (["keys", "chain"]).map((family) => ({
    ...{ family, variant: "matrix", params: ACROSS[family] },
    origin: { kind: "judgement", because: "a test" },
  }));
  const across = { ...target, tuning: [...rows, ...tuning] };
  for (const kernel of kernels) {
    const variant = kernel.variants.find((/** @type {{ name: string }} */ { name }) => name === "matrix");
    if (!variant || (names.length > 0 && !names.includes(kernel.name))) continue;
    for (const testCase of kernel.cases) {
      if (part !== undefined && !testCase.name.includes(part)) continue;
      const name = `${kernel.name} (${variant.name}) ${testCase.name}`;
      const { flops } = costOf(kernel, {}, caseDims(target, kernel, variant, testCase));
      if (part === undefined && flops > MOST_FLOPS) {
        const reason = `too big for a driver in software; --case "${testCase.name}" runs it`;
        await tell({ name, outcome: { kind: "skipped", reason } });
        continue;
      }
      for (const halves of [false, true]) {
        const dtypes = halves ? halvesOf(kernel) : {};
        const options = { randomShapes: 1, dtypes };
        const outcome = await checkKernel(device, pipelines, target, kernel, variant, testCase, options);
        await say(halves ? `${name}, of halves` : name, outcome);
        if (ends()) return false;
      }
      // More keys than one of two such subgroups has, and few enough channels to compile in time; of all chains, one.
      const { n, D } = caseDims(target, kernel, variant, testCase);
      const shares = variant.family === "keys" ? n > 32 && D <= 16 : kernel === transition;
      if (shares && testCase.tags?.includes("ragged")) {
        const outcome = await checkKernel(device, pipelines, across, kernel, variant, testCase);
        await say(`${name}, rows across subgroups`, outcome);
        if (ends()) return false;
      }
    }
  }
  for (const exact of exactCases) {
    const asked = names.length === 0 || names.includes(exact.kernel.name);
    if (!asked || (part !== undefined && !exact.name.includes(part))) continue;
    await say(`${exact.kernel.name} (matrix) ${exact.name}`, await checkExact(device, pipelines, target, exact));
    if (ends()) return false;
  }
  device.close();
  return !failed;
}

/** Attention written in other ways: on a GPU its cases but the large ones, in software the one that compiles in time. */
async function checkRewritten() {
  const device = await openUnits();
  const target = device.target(tuning);
  await tell({ adapter: device.adapter.description, matrices: device.subgroupMatrices });
  const cases = attention.cases.filter(({ tags, dims }) =>
    target.software ? Number(dims.n) > 32 && tags?.includes("ragged") : !tags?.includes("bench"),
  );
  for (const rewrite of rewrites) {
    const pipelines = new PipelineCache(device, rewritten(rewrite));
    const params = { ...keysMatrixVariant.adapts(target), ...rewrite.params };
    for (const testCase of cases) {
      const own = { ...target, tuning: [{ ...ROW, params }, ...tuning] };
      const outcome = await checkKernel(device, pipelines, own, attention, keysMatrixVariant, testCase);
      await tell({ name: `${testCase.name}, ${rewrite.name}`, outcome });
    }
    await pipelines.settled();
  }
  device.close();
}

process.once("disconnect", () => process.exit(1)); // nobody waits for it any more
process.once("message", async (/** @type {Request} */ request) => {
  try {
    await checkAll(request);
    process.exit(0); // Dawn's threads would keep the process
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(3);
  }
});
