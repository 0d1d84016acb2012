// `npm run compilers`: what the compilers of GPUs that are not here say of every pipeline (docs/compilers.md).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { built } from "./built.mjs";

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, text);
}

/** @param {string} file @param {new (message: string) => Error} Refusal */
function read(file, Refusal) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${error instanceof Error ? error.message.split(",")[0] : error}`);
  }
}

/** @param {readonly string[]} argv @returns {Promise<number>} the exit code */
async function main(argv) {
  const { readOptions, testedMixed, USAGE } = await import("./compilers/options.mjs");
  const { help, mesa: where, gpus: names, work, json, against, assembly, docs, renew } = readOptions(argv);
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const { BadInputError } = await import("../dist/errors.js");
  const { compare, readRows } = await import("./compilers/against.mjs");
  const { findMesa, layerFor } = await import("./compilers/mesa.mjs");
  const { gpus } = await import("./compilers/gpus.mjs");
  const { ask } = await import("./compilers/lab.mjs");
  const { terminalTable } = await import("./compilers/report.mjs");
  const before = against === undefined ? undefined : readRows(read(against, BadInputError), against);
  const mesa = findMesa(
    where,
    names.every((name) => gpus[name].system),
  );
  const unknown = mesa.system ? names.find((name) => !gpus[name].system) : undefined;
  if (unknown) throw new BadInputError(`the system's Mesa does not know ${unknown}: leave out --mesa`);
  const layer = layerFor(mesa);

  /** @param {import("./compilers/lab.mjs").Row} row @param {string} listing */
  const keep = (row, listing) => {
    const at = (counts.get(row.gpu) ?? 0) + 1;
    counts.set(row.gpu, at);
    write(path.join(assembly ?? "", row.gpu, `${String(at).padStart(3, "0")}.${row.engine}.${row.kernel}.s`), listing);
  };
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {Map<string, import("./compilers/lab.mjs").Told>} */
  const told = new Map();
  const waiting = names.values();
  const next = async () => {
    for (const name of waiting) {
      const start = performance.now();
      const one = await ask(mesa, layer, name, work, assembly === undefined ? undefined : keep);
      told.set(name, one);
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      console.error(`compilers: ${name}: ${one.rows.length} pipelines (${seconds} s)`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(names.length, os.availableParallelism()) }, next));
  const results = names.flatMap((name) => told.get(name) ?? []);
  const rows = results.flatMap((one) => one.rows);
  if (rows.length === 0) throw new BadInputError(`no plan uses the kernel ${work.choice.only}`);
  const problems = results.flatMap((one) => one.problems);

  console.log(
    `Mesa ${mesa.version}, preset ${work.preset}, N = ${work.tokens}${work.precision === "mixed" ? ", mixed precision" : ""}\n\n${terminalTable(rows)}`,
  );
  if (json !== undefined) write(json, `${JSON.stringify(rows, null, 1)}\n`);
  if (docs) (await import("./compilers/documents.mjs")).writeTables(rows, mesa.version, work);
  if (renew) {
    const { writeKept } = await import("./compilers/kept.mjs");
    const halved = [];
    for (const name of testedMixed)
      halved.push(await ask(mesa, layer, name, { ...work, precision: "mixed" }, undefined));
    problems.push(...halved.flatMap((one) => one.problems));
    writeKept(
      rows,
      halved.flatMap((one) => one.rows),
      mesa.version,
    );
  }
  const compared = before && compare(before, rows);
  if (compared) console.log(`\nAgainst ${against}:\n${compared.text}`);
  for (const problem of problems) console.error(`compilers: ${problem}`);
  return problems.length || compared?.worse ? 1 : 0;
}

if (!(await built())) process.exitCode = 1;
else
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const { name = "", message = String(error), fix } = /** @type {Partial<Error & { fix: string }>} */ (error);
    console.error(`compilers: ${message}${fix === undefined ? "" : `; ${fix}`}`);
    process.exitCode = { BadInputError: 2, UnavailableError: 3 }[name] ?? 1;
  }
