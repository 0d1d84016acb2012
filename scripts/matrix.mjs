// `npm run test:matrix`: the variants that multiply by matrix units, on a driver that has such units in software.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./built.mjs";
import { checkKernelName, sentence } from "./kernel_names.mjs";

const USAGE = `usage: npm run test:matrix -- [KERNEL …] [--case C] [--json]

Checks all cases of the variant matrix, of all kernels or of those named, on the lavapipe of a Mesa from 26.1 on, which multiplies
matrices of 8 by 8 halves. Needs linux-x64 and, once, npm run setup:compilers. Exit code 1 if a case is off, or none was computed.
--case C     only cases whose name contains this; also those too big for a software adapter's default
--json       prints the outcomes as JSON
--mesa DIR   a folder in place of what setup:compilers made`;

const root = fileURLToPath(new URL("../", import.meta.url));

/** @typedef {{ name: string, kind: "passed" | "failed" | "skipped", error?: number, bound?: number, reason?: string }} Outcome */

function readOptions() {
  const options = /** @type {const} */ ({
    case: { type: "string" },
    json: { type: "boolean", default: false },
    mesa: { type: "string", default: "cache" },
    help: { type: "boolean", short: "h", default: false },
  });
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  for (const name of positionals) checkKernelName(name);
  return { ...values, kernels: positionals };
}

/**
 * @param {import("./compilers/mesa.mjs").Command} command
 * @returns {Promise<{ code: number | null, stdout: string }>}
 */
function run({ command, args, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
    let stdout = "";
    child.stdout.on("data", (data) => (stdout += data));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout }));
  });
}

/** @param {ReturnType<typeof readOptions>} options @returns {Promise<number>} the exit code */
async function main({ kernels, case: part, json, mesa: where }) {
  const { findMesa, softwareCommand } = await import("./compilers/mesa.mjs");
  const cases = part === undefined ? [] : ["--case", part];
  const check = ["kernels", ...kernels, "--check", "--variant", "matrix", ...cases, "--device", "llvmpipe", "--json"];
  const mesa = findMesa(where);
  // lavapipe without its optimiser, as in the tests: most of the time is compiling.
  const environment = { GALLIVM_PERF: process.env.GALLIVM_PERF ?? "nopt", AF3_GPU_TUNING: "reviewed" };
  const { code, stdout } = await run(softwareCommand(mesa, ["dist/cli/main.js", ...check], environment));
  if (code !== 0 && !stdout.startsWith("[")) return code ?? 1;
  /** @type {Outcome[]} */
  const outcomes = JSON.parse(stdout);
  const of = (/** @type {Outcome["kind"]} */ kind) => outcomes.filter((one) => one.kind === kind);
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  if (json) console.log(JSON.stringify(outcomes, null, 1));
  else {
    for (const { name, error, bound } of passed)
      console.log(`${error?.toExponential(1)} of ${bound?.toExponential(1)} ${name}`);
    console.log(`${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped (Mesa ${mesa.version})`);
  }
  // Without such units every case would be skipped, and nothing be wrong.
  return failed.length > 0 || passed.length === 0 ? 1 : 0;
}

try {
  const options = readOptions();
  if (options.help) console.log(USAGE);
  else if (await built()) process.exitCode = await main(options);
  else process.exitCode = 1;
} catch (error) {
  const { name, message, fix } = /** @type {Error & { fix?: string }} */ (error);
  console.error(
    `test:matrix: ${name === "TypeError" ? sentence(error) : message}${fix === undefined ? "" : `; ${fix}`}`,
  );
  process.exitCode = name === "UnavailableError" ? 3 : 2;
}
