// The hottest block of a pipeline, from a compiler's listing: what it is made of, whatever the compiler.

/**
 * An instruction as the figures see it.
 * @typedef {object} Instruction
 * @property {"fma" | "mma" | "workgroup" | "global" | "other"} kind a multiply-add, a product of matrices by a whole subgroup, a
 *   load from workgroup memory, a load from storage, or something else
 * @property {number} [bytes] what a load brings to one lane
 * @property {number} [times] how often it executes, where an instruction can say so itself; else once
 * @property {number} [product] multiply-adds of a product of matrices
 */

/**
 * What the issue of a kernel's inner loop is made of.
 * @typedef {object} Hot
 * @property {number} instructions
 * @property {number} fma multiply-adds
 * @property {number} mma products of matrices
 * @property {number} fma_share of both among all instructions, from 0 to 1
 * @property {number | null} workgroup_bytes_per_fma loaded by one lane from workgroup memory; null where there is no
 *   multiply-add, or matrix units do the work
 * @property {number | null} workgroup_loads_per_product instructions that load from workgroup memory for each 16 × 16 × 16 multiply-adds of
 *   matrices; null where there is none
 * @property {number | null} widest_load bits; null where nothing is loaded
 */

/** How many multiply-adds a product of matrices counts for in the search: it does far more than one, on every GPU that has any. */
const MMA_WEIGHT = 64;

/**
 * The block that does most multiply-adds, which in a product is the inner loop or what has been unrolled of it; without any, the
 * longest.
 * @param {readonly (readonly Instruction[])[]} blocks @returns {Hot | null} null if there is no block
 */
export function hottest(blocks) {
  let best;
  for (const block of blocks) {
    if (block.length === 0) continue;
    const one = describe(block);
    const weight = one.fma + MMA_WEIGHT * one.mma;
    if (
      !best ||
      weight > best.weight ||
      (weight === 0 && best.weight === 0 && one.instructions > best.one.instructions)
    )
      best = { one, weight };
  }
  return best?.one ?? null;
}

/** @param {readonly Instruction[]} block @returns {Hot} */
function describe(block) {
  /** @param {Instruction["kind"]} kind */
  const count = (kind) => block.reduce((sum, one) => sum + (one.kind === kind ? (one.times ?? 1) : 0), 0);
  const instructions = block.reduce((sum, { times = 1 }) => sum + times, 0);
  const [fma, mma] = [count("fma"), count("mma")];
  const loads = block.filter(({ kind }) => kind === "workgroup" || kind === "global");
  const products = block.reduce((sum, { product = 0, times = 1 }) => sum + product * times, 0);
  const shared = loads.reduce(
    (sum, { kind, bytes = 0, times = 1 }) => sum + (kind === "workgroup" ? bytes * times : 0),
    0,
  );
  return {
    instructions,
    fma,
    mma,
    fma_share: (fma + mma) / instructions,
    workgroup_bytes_per_fma: fma > 0 && mma === 0 ? shared / fma : null,
    workgroup_loads_per_product: products > 0 ? count("workgroup") / (products / 16 ** 3) : null,
    widest_load: loads.length ? Math.max(...loads.map(({ bytes = 0 }) => 8 * bytes)) : null,
  };
}
