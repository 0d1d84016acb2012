// Undone traps as edits, and who judges them.
import { readFileSync } from "node:fs";
import path from "node:path";
import { runNode, withTexts } from "./copy.mjs";
import { deepmindDiffusion } from "./traps_deepmind_diffusion.mjs";
import { deepmindTrunk } from "./traps_deepmind_trunk.mjs";
import { ligoDiffusion } from "./traps_ligo_diffusion.mjs";
import { ligoTrunk } from "./traps_ligo_trunk.mjs";
import { protenixDiffusion } from "./traps_protenix_diffusion.mjs";
import { protenixTrunk } from "./traps_protenix_trunk.mjs";

/** What a text of a file, which must occur once, becomes. @typedef {readonly (readonly [file: string, find: string, replace: string])[]} Edits */

/**
 * A trap is undone by one of three: other weights, other facts of a layer, or, where there is no such value, edits of texts.
 * @typedef {object} Trap
 * @property {string} trap T1 and on are deepmind's, Q1 and on ligo's, P1 and on protenix'
 * @property {string} undone
 * @property {import("./values.mjs").WeightChange} [weights]
 * @property {readonly import("./values.mjs").Fact[]} [facts]
 * @property {Edits} [edits]
 * @property {readonly string[]} by test files, or names of golden cases
 */

/** T1 and on are deepmind's, Q1 and on ligo's, P1 and on protenix'. @type {readonly Trap[]} */
export const traps = [
  ...inOrder([...deepmindTrunk, ...deepmindDiffusion]),
  ...inOrder([...ligoTrunk, ...ligoDiffusion]),
  ...inOrder([...protenixTrunk, ...protenixDiffusion]),
];

/** By number. @param {readonly Trap[]} list @returns {Trap[]} */
function inOrder(list) {
  const number = (/** @type {Trap} */ { trap }) => Number(trap.slice(1));
  return [...list].sort((a, b) => number(a) - number(b));
}

const CASES = "test/device/cases.test.ts";
const timeoutMs = 600_000;

/**
 * The files with a trap undone. @param {string} folder @param {Edits} edits @returns {Map<string, string>} texts by file
 * @throws if a text does not occur exactly once
 */
export function undoneTexts(folder, edits) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const [file, find, replace] of edits) {
    const text = texts.get(file) ?? readFileSync(path.join(folder, file), "utf8");
    const parts = text.split(find);
    if (parts.length !== 2) throw new Error(`${file} has this text ${parts.length - 1} times, not once: ${find}`);
    texts.set(file, parts.join(replace));
  }
  return texts;
}

/** How a test run is started. @param {readonly string[]} by */
function commandOf(by) {
  const files = by.filter((name) => name.startsWith("test/"));
  const cases = by.filter((name) => !name.startsWith("test/"));
  return {
    args: ["node_modules/vitest/vitest.mjs", "run", ...files, ...(cases.length ? [CASES] : [])],
    // Bounds alone: what a ledger of one machine's errors notices goes unnoticed on others.
    env: { AF3_GPU_LEDGER: "1", ...(cases.length && { AF3_GPU_TEST_CASES: `^(${cases.join("|")})$` }) },
  };
}

/**
 * Runs tests as the folder is. @param {string} folder @param {readonly string[]} by @param {NodeJS.ProcessEnv} [also] environment
 * @returns {Promise<{ verdict: "passed" | "failed" | "refused" | "broken", because: string }>} refused: as input that the network cannot take
 */
export async function runTests(folder, by, also = {}) {
  const { args, env } = commandOf(by);
  const run = await runNode(folder, args, { env: { ...env, ...also }, timeoutMs });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const output = run.output.replaceAll(/\x1b\[[\d;]*m/g, "");
  if (run.code === 0 && /^0 passed/m.test(output)) throw new Error(`these tests ran nothing: ${by.join(" ")}`);
  if (run.code === 0) return { verdict: "passed", because: "" };
  const found = output.match(/^(AssertionError|BadInputError): (.*)$/m);
  if (!found) return { verdict: "broken", because: output.slice(-3000) };
  return { verdict: found[1] === "AssertionError" ? "failed" : "refused", because: found[2] };
}

/** Runs a trap's tests with the trap undone. @param {string} copy @param {Trap} trap */
export async function judge(copy, trap) {
  const { edits, by } = trap;
  // test/support/undo.ts undoes it in the tests' own process.
  if (!edits) return runTests(copy, by, { AF3_GPU_UNDO: String(traps.indexOf(trap)) });
  const shaders = edits.some(([file]) => file.startsWith("wgsl/"));
  const generate = () => runNode(copy, ["scripts/generate.mjs"], { timeoutMs });
  try {
    return await withTexts(copy, undoneTexts(copy, edits), async () => {
      if (shaders) await generate();
      return runTests(copy, by);
    });
  } finally {
    if (shaders) await generate();
  }
}
