// `npm run fuzz`: damages inputs of every kind, reads them and makes features of them; whatever happens but success or a sentence is a fault.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { built } from "./built.mjs";
import { run } from "./fuzz/run.mjs";

const USAGE = `usage: npm run fuzz -- [--count 10000] [--seed 0] [--kind json|lists|fasta|a3m|cif|ccd|bcif|structure|server|checkpoint|all] [--number N] [--seconds 5] [--out fuzz-faults]

Reads damaged inputs, the same for the same seed and number. Each must be read, or refused in one sentence, within the time; others are
written to the folder, and their number shows one again. With AF3_GPU_RECORDED_JOBS=<folder> recorded inputs are damaged, too.
--count N    how many, of all kinds together
--number N   that one alone, of one kind
--seconds N  how long one may take, and how much memory it may hold: 1 GiB`;

const KINDS = ["json", "lists", "fasta", "a3m", "cif", "ccd", "bcif", "structure", "server", "checkpoint"];
function readOptions() {
  const options = /** @type {const} */ ({
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "0" },
    kind: { type: "string", default: "all" },
    number: { type: "string" },
    seconds: { type: "string", default: "5" },
    out: { type: "string", default: "fuzz-faults" },
    help: { type: "boolean", short: "h", default: false },
  });
  const { values } = parseArgs({ options });
  const whole = (/** @type {string} */ name, /** @type {string} */ text, least = 0) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < least)
      throw new Error(`--${name} should be a whole number from ${least}\n${USAGE}`);
    return Number(text);
  };
  const kinds = values.kind === "all" ? KINDS : values.kind.split(",");
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw new Error(`there is no kind ${unknown}; there are ${KINDS.join(", ")}\n${USAGE}`);
  const number = values.number === undefined ? undefined : whole("number", values.number);
  if (number !== undefined && kinds.length !== 1) throw new Error(`--number needs one --kind\n${USAGE}`);
  const { help, out } = values;
  return {
    help,
    out,
    kinds,
    number,
    count: whole("count", values.count, 1),
    seed: whole("seed", values.seed),
    seconds: whole("seconds", values.seconds, 1),
  };
}

async function main() {
  const { help, out, kinds, number, count, seed, seconds } = readOptions();
  if (help) return console.log(USAGE);
  if (!(await built())) throw new Error("the build failed");
  let faults = 0;
  for (const [index, kind] of kinds.entries()) {
    const of = Math.floor((count * (index + 1)) / kinds.length) - Math.floor((count * index) / kinds.length);
    const [from, to] = number === undefined ? [0, of] : [number, number + 1];
    const start = performance.now();
    let [own, slowest] = [0, 0];
    const read = await run({ kind, seed, from, to, limit: seconds * 1000 }, (outcome) => {
      slowest = Math.max(slowest, outcome.ms);
      if (outcome.wrong === undefined) return;
      own++;
      const name = path.join(out, `${kind}-${seed}-${outcome.number}`);
      console.error(`${kind} ${outcome.number}: ${outcome.wrong.split("\n").slice(0, 4).join("\n  ")}`);
      mkdirSync(out, { recursive: true });
      writeFileSync(
        `${name}.txt`,
        `npm run fuzz -- --kind ${kind} --seed ${seed} --number ${outcome.number}\n\n${outcome.wrong}\n`,
      );
      if (outcome.content !== undefined) writeFileSync(`${name}.input`, outcome.content);
    });
    const each = (performance.now() - start) / (to - from);
    const slow = slowest > 0 ? `, the slowest ${(slowest / 1000).toFixed(1)} s` : "";
    console.log(
      `${kind}: ${to - from} inputs, ${read} read, ${own === 0 ? "no fault" : `${own} FAULTS`}; ${each.toFixed(2)} ms each${slow}`,
    );
    faults += own;
  }
  if (faults > 0) {
    console.error(`fuzz: ${faults} faults, in ${out}`);
    process.exitCode = 1;
  }
}

try {
  await main();
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
