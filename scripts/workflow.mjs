// `npm run workflow -- FILE`: a sweep as a workflow of Snakemake, two cases at a time on this machine (docs/workflow.md).
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { built } from "./built.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const requirements = path.join(root, "workflow", "requirements.txt");
const [file, ...more] = process.argv.slice(2);
if (file === undefined || file.startsWith("-")) {
  const asked = file === "--help" || file === "-h";
  console[asked ? "log" : "error"](
    "usage: npm run workflow -- FILE [OPTIONS OF SNAKEMAKE], FILE as af3-gpu sweep takes it",
  );
  process.exit(asked ? 0 : 2);
}
if (!(await built())) process.exit(1);
const { cacheFolder } = await import("../dist/platform/node/folders.js");
const start = path.join(root, "dist", "cli", "start.js");
// npm runs scripts in the clone; files and results are where it was called.
const cwd = process.env.INIT_CWD ?? process.cwd();
// What is wrong with the file is said before anything is installed.
const { status } = spawnSync(process.execPath, [start, "sweep", file, "--list-cases"], {
  cwd,
  stdio: ["ignore", "ignore", "inherit"],
});
if (status !== 0) process.exit(status ?? 1);

const venv = path.join(path.resolve(cacheFolder()), "venv", "workflow");
const bin = (/** @type {string} */ name) => path.join(venv, process.platform === "win32" ? "Scripts" : "bin", name);

/** Makes Snakemake's environment, unless it is what is wanted. */
function setUp() {
  const stamp = path.join(venv, "af3-gpu-requirements");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error(`workflow: installing Snakemake into ${venv}`);
  mkdirSync(path.dirname(venv), { recursive: true });
  for (const [program, ...args] of [
    [process.env.AF3_GPU_PYTHON || "python3", "-m", "venv", venv],
    [bin("python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "-r", requirements],
  ])
    if (spawnSync(String(program), args, { stdio: ["ignore", 2, 2] }).status !== 0) {
      console.error(
        `workflow: ${program} ${args.join(" ")} failed: Python 3.11 or newer with venv, and PyPI, are needed`,
      );
      process.exit(3);
    }
  writeFileSync(stamp, wanted);
}

setUp();
/** The command for a shell. */
const AF3_GPU_COMMAND = [process.execPath, start].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
const args = [
  "-s",
  path.join(root, "workflow", "Snakefile"),
  "--profile",
  path.join(root, "workflow", "profiles", "local"),
];
const child = spawn(bin("snakemake"), [...args, "--config", `file=${file}`, ...more], {
  cwd,
  stdio: "inherit",
  env: { ...process.env, AF3_GPU_COMMAND },
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
