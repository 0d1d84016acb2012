// `npm run test:matrix`: the variants that multiply by matrix units, on a driver that has such units in software.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./built.mjs";
import { checkKernelName, sentence } from "./kernel_names.mjs";

const USAGE = `usage: npm run test:matrix -- [KERNEL … GOLDEN …] [--only kernels|golden] [--case C] [--bail] [--rewritten] [--here] [--json]

Checks the variant matrix of all kernels at their cases, with arrays of float32 and with halves, and all golden cases in mixed precision,
on the lavapipe of a Mesa from 26.1 on, which multiplies matrices of 8 by 8; or those kernels and golden cases that are named. What would
take long is left out, which is said, unless it is named. Needs linux-x64 and, once, npm run setup:compilers. Exit code 1 if a case is
off, a golden case multiplies nothing by matrix units, or nothing could be computed.
--only WHAT  kernels or golden: one of the two
--case C     of kernels, only cases whose name contains this; also those that take long
--bail       ends at the first case of a kernel that is off, or the first of all where the test before plans take units fails
--rewritten  attention in other ways that mean the same, in place of all else: which of them a driver computes rightly says what it does not compile
--here       on the GPU of this machine, in place of Mesa's driver in software
--json       prints what came out as JSON
--mesa DIR   a folder in place of what setup:compilers made`;

/** @typedef {{ name: string } & import("../dist/bench/kernel_check.js").KernelOutcome} Checked */

/** Names of the golden cases that ship. */
const goldenNames = () => readdirSync(new URL("../cases/", import.meta.url)).filter((name) => !name.includes("."));

function readOptions() {
  const options = /** @type {const} */ ({
    only: { type: "string" },
    case: { type: "string" },
    bail: { type: "boolean", default: false },
    rewritten: { type: "boolean", default: false },
    here: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    mesa: { type: "string", default: "cache" },
    help: { type: "boolean", short: "h", default: false },
  });
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const { only } = values;
    if (only !== undefined && only !== "kernels" && only !== "golden")
      throw new Error(`--only should be kernels or golden, not "${only}"`);
    const golden = positionals.filter((name) => goldenNames().includes(name));
    const kernels = positionals.filter((name) => !golden.includes(name));
    for (const name of kernels) checkKernelName(name);
    // Where something is named, nothing else runs.
    const asked = positionals.length === 0 && values.case === undefined;
    return {
      ...values,
      kernels: only !== "golden" && (kernels.length > 0 || asked || values.case !== undefined) ? kernels : undefined,
      golden: only !== "kernels" && (golden.length > 0 || asked) ? golden : undefined,
    };
  } catch (error) {
    throw Object.assign(new Error(sentence(error)), { name: "BadInputError" });
  }
}

/**
 * @param {import("./compilers/mesa.mjs").Command} command @param {import("./matrix/child.mjs").Request} request
 * @param {(message: import("./matrix/child.mjs").Message) => void} hear
 * @returns {Promise<number | string>} how it ended: 0, or a code or signal
 */
async function ask({ command, args, env }, request, hear) {
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.on("message", (message) => hear(/** @type {import("./matrix/child.mjs").Message} */ (message)));
  // What it told may still be on the way when it has ended.
  const heard = new Promise((resolve) => child.once("disconnect", resolve));
  child.send(request);
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(signal ?? status ?? 1));
  });
  await heard;
  return code;
}

/** @param {Checked} checked */
function line(checked) {
  if (checked.kind === "passed") {
    const share = `${checked.error.toExponential(1)} of ${checked.bound.toExponential(1)}`;
    return `passed   ${share}  ${checked.name}`;
  }
  return `${checked.kind.padEnd(8)} ${checked.name}: ${checked.reason}`;
}

/** @param {ReturnType<typeof readOptions>} options @returns {Promise<number>} the exit code */
async function main({ kernels, golden, case: part, bail, json, mesa: where, rewritten, here }) {
  const { findMesa, softwareCommand } = await import("./compilers/mesa.mjs");
  // lavapipe without its optimiser, as in the tests: most of the time is compiling.
  const environment = { GALLIVM_PERF: process.env.GALLIVM_PERF ?? "nopt" };
  const script = [fileURLToPath(new URL("matrix/child.mjs", import.meta.url))];
  const command = here
    ? { command: process.execPath, args: script, env: process.env }
    : softwareCommand(findMesa(where), script, environment);
  /** @type {Checked[]} */
  const all = [];
  let adapter = "no adapter";
  const code = await ask(command, { kernels, part, golden, bail, rewritten }, (message) => {
    if ("adapter" in message) adapter = message.adapter;
    else {
      const checked = { name: message.name, ...message.outcome };
      all.push(checked);
      if (!json) console.log(line(checked));
    }
  });
  if (code !== 0) throw new Error(`the process that checks ended with ${code} after ${all.at(-1)?.name ?? "nothing"}`);
  const count = (/** @type {Checked["kind"]} */ kind) => all.filter((one) => one.kind === kind).length;
  if (json) console.log(JSON.stringify(all, null, 1));
  else console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped on ${adapter}`);
  // Without such units every case would be skipped, and nothing be wrong.
  return count("failed") > 0 || count("passed") === 0 ? 1 : 0;
}

try {
  const options = readOptions();
  if (options.help) console.log(USAGE);
  else if (await built()) process.exitCode = await main(options);
  else process.exitCode = 1;
} catch (error) {
  const { name, message, fix } = /** @type {Error & { fix?: string }} */ (error);
  console.error(`test:matrix: ${message}${fix === undefined ? "" : `; ${fix}`}`);
  process.exitCode = { BadInputError: 2, UnavailableError: 3 }[name] ?? 1;
}
