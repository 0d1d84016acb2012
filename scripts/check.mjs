// `npm run check`: format, lint, types, layer rules, every shader compiled on the null backend; no GPU. With --all, which
// is `npm test`: everything else as well.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const TESTS = "tests";
const all = process.argv.includes("--all");

/** Runs a tool of the project and ends with its exit code if it fails. @param {string} what @param {string} file @param {string[]} args */
function step(what, file, args) {
  const start = performance.now();
  const { status, error } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) {
    console.error(`${what}: failed`);
    if (what !== TESTS) console.log("0 passed, 1 failed");
    process.exit(status ?? 1);
  }
  // The tests end with a line of counts, which is to stay the last one.
  if (what !== TESTS) console.log(`${what}: ok (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

const bin = (/** @type {string} */ name) => `node_modules/${name}`;
step("generated sources", "scripts/generate.mjs", []);
step("format and lint", bin("@biomejs/biome/bin/biome"), ["ci", "--log-level=warn", "."]);
step("build", bin("typescript/bin/tsc"), ["-p", "tsconfig.build.json"]); // scripts take their types from dist
step("command in one file", "scripts/cli_bundle.mjs", []); // tests start it hundreds of times
step("types", bin("typescript/bin/tsc"), ["-p", "tsconfig.json"]);
step("types of the demo", bin("typescript/bin/tsc"), ["-p", "demo/tsconfig.json"]);
step(TESTS, bin("vitest/vitest.mjs"), ["run", ...(all ? [] : ["--project", "static"])]);
