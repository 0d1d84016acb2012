// `npm run ledger`: runs the tests that measure errors and writes what they find to test/errors.json, as accepted.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkKernelName, sentence } from "./kernel_names.mjs";

const USAGE = `usage: npm run ledger -- [--kernel NAME]

--kernel NAME  only this kernel's entries, for the adapter that tests run on; without it, all kernels' and golden cases'`;

function readOptions() {
  const options = /** @type {const} */ ({ kernel: { type: "string" }, help: { type: "boolean", default: false } });
  const { values } = parseArgs({ options });
  if (values.kernel !== undefined) checkKernelName(values.kernel);
  return values;
}

/** @returns {number} */
function main() {
  const { kernel, help } = readOptions();
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const tests = ["test/device/kernels.test.ts", ...(kernel === undefined ? ["test/device/cases.test.ts"] : [])];
  const env = { ...process.env, AF3_GPU_LEDGER: "1", ...(kernel !== undefined && { AF3_GPU_TEST_KERNEL: kernel }) };
  const { status, error } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...tests], {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    stdio: "inherit",
    env,
  });
  if (error) throw error;
  return status ?? 1;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`ledger: ${sentence(error)}`);
  process.exitCode = 2;
}
