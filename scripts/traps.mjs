// `npm run traps`: undoes each trap of the networks in a copy, runs the tests that must see it, and lists those that saw nothing.
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeCopy } from "./mutation/copy.mjs";
import { judge, runTests, traps } from "./mutation/traps.mjs";

const USAGE = `usage: npm run traps -- [--only T9]...

--only NAME  this trap only: T1 and on are deepmind's, Q1 and on ligo's, P1 and on protenix'`;

function readOptions() {
  const options = /** @type {const} */ ({ only: { type: "string", multiple: true }, help: { type: "boolean" } });
  const { values } = parseArgs({ options });
  const known = new Set(traps.map(({ trap }) => trap));
  for (const name of values.only ?? [])
    if (!known.has(name))
      throw new Error(`there is nothing to undo for ${name}; there is for ${[...known].join(", ")}`);
  return { help: values.help, chosen: traps.filter(({ trap }) => values.only?.includes(trap) ?? true) };
}

/** @param {string} copy @param {readonly import("./mutation/traps.mjs").Trap[]} chosen @returns {Promise<number>} how many went unnoticed */
async function judgeAll(copy, chosen) {
  const tests = [...new Set(chosen.flatMap(({ by }) => by))];
  const before = await runTests(copy, tests);
  if (before.verdict !== "passed") throw new Error(`the tests fail with nothing undone: ${before.because}`);
  let unnoticed = 0;
  for (const trap of chosen) {
    const { verdict, because } = await judge(copy, trap);
    const noticed = verdict === "failed" || verdict === "refused";
    if (!noticed) unnoticed++;
    const name = verdict === "passed" ? "UNNOTICED" : verdict === "failed" ? "noticed" : verdict;
    console.log(`${name.padEnd(9)} ${trap.trap.padEnd(3)} ${trap.undone} [${trap.by.join(", ")}] ${because}`);
  }
  console.log(`${chosen.length - unnoticed} of ${chosen.length} noticed`);
  return unnoticed;
}

try {
  const { help, chosen } = readOptions();
  if (help) console.log(USAGE);
  else {
    const copy = makeCopy();
    try {
      if (await judgeAll(copy, chosen)) process.exitCode = 1;
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }
} catch (error) {
  console.error(`traps: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
