// What came of a day: a page of Markdown in its folder, and on stdout.
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

/** @typedef {import("./day.mjs").State} State */
/** @typedef {{ device?: string, description?: string, software?: boolean }} Adapter */

/** @param {readonly (readonly string[])[]} rows the head first */
const tableOf = ([head, ...rows]) =>
  [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");

/**
 * A line of a benchmark's JSON. @typedef {{ engine: string, component: string, backend: string, variant: string, seq_len: number, outcome: string, error: string | null,
 *   elapsed: { median: number } | null, exec_ms: number | null, ratio: { median: number, q25: number, q75: number } | null }} BenchLine
 */

/** @param {State} state @param {string} folder @param {(name: string) => unknown} printed what a stage printed as JSON */
export function summaryOf(state, folder, printed) {
  const stages = Object.entries(state.stages);
  const rows = stages.map(([name, { status, exit, seconds, reason = "" }]) => [
    name,
    status,
    exit === null ? "" : String(exit),
    seconds ? seconds.toFixed(1) : "",
    reason,
  ]);
  const doctor = /** @type {{ adapter?: Adapter } | undefined} */ (printed("doctor"));
  const ours = /** @type {unknown[] | undefined} */ (asList(printed("backends")))?.find(isOurs);
  const adapter = doctor?.adapter ? adapterText(doctor.adapter) : (ours?.device ?? "an adapter without a name");
  const lines = benchLines(
    stages.map(([name]) => name),
    printed,
  );
  const done = stages.filter(([, { status }]) => status === "done").length;
  return [
    `# A day on ${adapter}`,
    "",
    `Begun ${state.started}; af3-gpu ${Object.entries(state.about)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}. ${done} of ${stages.length} stages are done.`,
    "",
    tableOf([["stage", "status", "exit", "seconds", "why"], ...rows]),
    ...(lines.length
      ? [
          "",
          "Medians in milliseconds; the ratio is to the first backend of its stage, turn by turn.",
          "",
          tableOf([BENCH_HEAD, ...lines]),
        ]
      : []),
    "",
    "## To keep",
    "",
    ...kept(state, folder).map((file) => `- ${file}`),
    "",
  ].join("\n");
}

/** @param {unknown} value */
const asList = (value) => (Array.isArray(value) ? value : undefined);

/** @param {unknown} entry @returns {entry is { device: string }} */
const isOurs = (entry) =>
  typeof entry === "object" && entry !== null && "backend" in entry && entry.backend === "webgpu" && "device" in entry;

/** @param {Adapter} adapter */
const adapterText = ({ device = "", description = "", software = false }) =>
  `${device} (${description})${software ? ", a CPU in a GPU's place: times say nothing about GPUs" : ""}`;

const BENCH_HEAD = ["stage", "engine", "component", "backend", "N", "elapsed", "exec", "ratio"];

/** @param {readonly string[]} names @param {(name: string) => unknown} printed */
function benchLines(names, printed) {
  return names.flatMap((name) => {
    const found = printed(name);
    if (!Array.isArray(found) || name === "backends") return [];
    return /** @type {BenchLine[]} */ (found).map((line) => [
      name,
      line.engine,
      line.component,
      line.variant ? `${line.backend}:${line.variant}` : line.backend,
      String(line.seq_len),
      line.elapsed ? line.elapsed.median.toPrecision(4) : `${line.outcome}: ${line.error ?? ""}`,
      line.exec_ms === null ? "" : line.exec_ms.toPrecision(4),
      line.ratio ? `${line.ratio.median.toFixed(2)} (${line.ratio.q25.toFixed(2)}–${line.ratio.q75.toFixed(2)})` : "",
    ]);
  });
}

/** The files worth committing: what stages found, and the folders of results. Logs stay. @param {State} state @param {string} folder */
function kept(state, folder) {
  const holds = (/** @type {string} */ file) =>
    (statSync(path.join(folder, file), { throwIfNoEntry: false })?.size ?? 0) > 0;
  const printed = Object.values(state.stages).flatMap(({ files }) => files.filter((file) => !file.endsWith(".log")));
  const files = printed.filter(holds);
  const bench = path.join(folder, "bench");
  const results = existsSync(bench)
    ? readdirSync(bench)
        .sort()
        .map((name) => `bench/${name}/`)
    : [];
  return ["gpu-day.json", "summary.md", ...files, ...results];
}
