// Which of a plan's pipelines are compiled.

/**
 * @typedef {object} Choice
 * @property {string} [only] this kernel's
 * @property {boolean} [heaviest] of each kernel the pipeline that does most FLOP, and all that do at least a hundredth of the plan's
 */

/** Pipelines that do less than this part of a plan's FLOP are not worth a look of their own. */
const WORTH = 0.01;

/**
 * @template {{ kernel: string, share: number }} P
 * @param {readonly P[]} pipelines those that do most first @param {Choice} choice @returns {P[]}
 */
export function chosen(pipelines, { only, heaviest }) {
  const known = new Set();
  return pipelines.filter(({ kernel, share }) => {
    const first = !known.has(kernel);
    known.add(kernel);
    return (only === undefined || kernel === only) && (!heaviest || first || share >= WORTH);
  });
}
