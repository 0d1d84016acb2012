// `npm run gpu-day -- --minutes 9`, and `gpu-day` in a bundle: everything worth knowing of a GPU machine, in one folder (docs/bundle.md).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { messageOf, Problem } from "./bundle/problem.mjs";
import { Day } from "./gpu_day/day.mjs";
import { processRun } from "./gpu_day/process.mjs";
import { firstStages, laterStages, machineOf } from "./gpu_day/stages.mjs";
import { summaryOf } from "./gpu_day/summary.mjs";

const USAGE = `usage: gpu-day [--minutes 9] [--out FOLDER] [--device D] [--engine E] [--quick] [--restart]

doctor, golden cases, tuning, benchmarks beside whatever opponents are here, other projects' suites: each with a part of the time, all
in one folder. Started again, it goes on where it stopped.
  --minutes M   for this start (9)
  --out FOLDER  where everything goes (gpu-day-results)
  --device D    as of af3-gpu (auto)
  --engine E    one engine, some with commas, or both (both)
  --quick       the small sizes that a CPU gets, for a rehearsal
  --restart     begin anew in a folder that holds a day`;

const root = fileURLToPath(new URL("../", import.meta.url));
/** What later stages weigh, roughly: the first ones must leave them their time. */
const LATER = 24;

function readOptions() {
  const options = /** @type {const} */ ({
    minutes: { type: "string", default: "9" },
    out: { type: "string", default: "gpu-day-results" },
    device: { type: "string", default: "auto" },
    engine: { type: "string", default: "both" },
    quick: { type: "boolean", default: false },
    restart: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new Problem(2, `${messageOf(error)}\n${USAGE}`);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const minutes = Number(values.minutes);
  if (!/^\d+(\.\d+)?$/.test(values.minutes) || !(minutes > 0))
    throw new Problem(2, `--minutes should be a number above 0, not "${values.minutes}"`);
  for (const name of /** @type {const} */ (["out", "device"]))
    if (values[name].trim() === "") throw new Problem(2, `--${name} is empty`);
  return { ...values, minutes };
}

/** The engines by their names. @param {string} text */
async function enginesOf(text) {
  const { engineNames } = await import("../dist/engines/index.js");
  if (text === "both" || text === "all") return [...engineNames];
  const names = text.split(",");
  const unknown = names.find((name) => !engineNames.includes(name));
  if (unknown !== undefined)
    throw new Problem(2, `--engine should be ${engineNames.join(", ")} or both, not "${unknown}"`);
  return names;
}

/** What runs: a bundle knows what it was built from, and there may be no git here. */
function about() {
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const bundle = path.join(root, "bundle.json");
  const git = existsSync(bundle) ? JSON.parse(readFileSync(bundle, "utf8")).git : undefined;
  return { version, ...(git && { commit: `${git.commit}${git.dirty ? "-dirty" : ""}` }), node: process.versions.node };
}

async function main() {
  const { minutes, out, device, engine, quick, restart } = readOptions();
  const program = path.join(root, "dist", "cli", "start.js");
  if (!existsSync(program)) throw new Problem(3, "there is no dist/cli/start.js; build first: npm run build");
  const engines = await enginesOf(engine);
  const folder = path.resolve(out);
  /** @type {(() => void) | undefined} */
  let stop;
  const run = processRun({ onstart: (stopChild) => (stop = stopChild) });
  const day = new Day({
    folder,
    settings: { device, engines, quick },
    about: about(),
    minutes,
    restart,
    af3gpu: [process.execPath, ...process.execArgv, program],
    run,
    now: () => performance.now(),
    say: (line) => console.error(`gpu-day: ${line}`),
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => {
      day.stopped = true;
      stop?.();
    });
  const settings = { device, engines, folder, quick };
  await day.through(firstStages(settings), LATER);
  if (!day.stopped) await day.through(laterStages(settings, machineOf(day.printed("backends"))));
  const summary = summaryOf(day.state, folder, (name) => day.printed(name));
  writeFileSync(path.join(folder, "summary.md"), summary);
  console.log(summary);
  if (day.stopped) process.exitCode = 130;
  // What failed for want of a machine or time is said; wrong numbers are a failure.
  else if (Object.values(day.state.stages).some(({ status, exit }) => status === "failed" && exit === 1))
    process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(`gpu-day: ${messageOf(error)}`);
  process.exitCode = error instanceof Problem ? error.code : 1;
}
