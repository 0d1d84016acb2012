// The process that sees one GPU: opens a device on it, records the plans against it and compiles their pipelines one after the other.
// What a driver prints goes to stdout, which is a file; figures go to the parent by message.
import { readFileSync } from "node:fs";
import { chosen } from "./choice.mjs";
import { figuresOf, noFigures } from "./figures.mjs";
import { gpus } from "./gpus.mjs";
import { pipelinesOf } from "./pipelines.mjs";
import { readRecords } from "./records.mjs";

const { allUnits } = await import("../../dist/backends/matrix_units.js");
const { openDevice } = await import("../../dist/gpu/device/device.js");
const { PipelineCache } = await import("../../dist/gpu/shader/pipelines.js");
const { tuning } = await import("../../dist/kernels/tune/table.js");
const { shaders } = await import("../../dist/generated/shaders.js");
const { nodeSources } = await import("../../dist/platform/node/dawn.js");

/**
 * What the parent asks for.
 * @typedef {object} Request
 * @property {string} gpu
 * @property {readonly string[]} engines
 * @property {import("../../dist/engines/index.js").PresetName} preset
 * @property {number} tokens
 * @property {import("../../dist/gpu/plan/precision.js").PrecisionMode} precision
 * @property {string} [variant] runs wherever it can
 * @property {import("./choice.mjs").Choice} choice
 * @property {string} records the layer's file
 * @property {string} printed the file that is this process's stdout
 * @property {number} skip how many pipelines an earlier process has done
 * @property {boolean} assembly whether listings are wanted
 */

/**
 * What it is told, one message per pipeline and one before.
 * @typedef {{ total: number } | { pipeline: import("./pipelines.mjs").Pipeline, figures?: import("./figures.mjs").Figures,
 *   listing?: string, error?: string }} Message
 */

/** @param {string} file @param {number} from */
const after = (file, from) => readFileSync(file).subarray(from);

/** @param {Message} message */
const tell = (message) => new Promise((resolve) => process.send?.(message, resolve));

/** @typedef {{ figures: import("./figures.mjs").Figures, listing?: string | undefined, error?: string }} Answer */

/**
 * @param {InstanceType<typeof PipelineCache>} cache @param {import("./pipelines.mjs").Pipeline} pipeline @param {string} source
 * @param {{ gpu: import("./gpus.mjs").Gpu, records: string, printed: string }} files @returns {Promise<Answer>}
 */
async function answerTo(cache, { kernel, variant }, source, { gpu, records, printed }) {
  const [recordsBefore, printedBefore] = [records, printed].map((file) => readFileSync(file).length);
  try {
    await cache.compiled(`${kernel} (${variant})`, source);
  } catch (error) {
    return { figures: noFigures, error: String(error).split("\n")[0] };
  }
  const record = readRecords(after(records, recordsBefore)).at(-1);
  if (!record) return { figures: noFigures, error: "the driver tells nothing of it" };
  const said = after(printed, printedBefore).toString("utf8");
  return { figures: figuresOf(gpu.driver, record, said), listing: gpu.driver.listing(record, said) };
}

/** @param {Request} request */
async function compileAll({
  gpu: name,
  engines,
  preset,
  tokens,
  precision,
  variant,
  choice,
  records,
  printed,
  skip,
  assembly,
}) {
  const gpu = gpus[name];
  const [system] = nodeSources("auto");
  const device = await openDevice([system]);
  const there = device.target(tuning);
  // The units that are not here to be tested are taken to be right. Where there are none, nothing makes way for them.
  const tested = there.subgroupMatrices?.length ? allUnits : new Map();
  const seen = { ...there, precision: { mode: precision }, tested };
  const target = gpu.adapter ? { ...seen, adapter: { device: "", ...gpu.adapter } } : seen;
  const wanted = engines.flatMap((engine) => chosen(pipelinesOf(target, engine, preset, tokens, variant), choice));
  await tell({ total: wanted.length });
  /** Engines share shaders, of which the device makes one pipeline only. @type {Map<string, Answer>} */
  const known = new Map();
  const cache = new PipelineCache(device, shaders);
  for (const { source, ...pipeline } of wanted.slice(skip)) {
    await tell({ pipeline });
    const answer = known.get(source) ?? (await answerTo(cache, pipeline, source, { gpu, records, printed }));
    known.set(source, answer);
    const { listing, ...rest } = answer;
    await tell({ pipeline, ...rest, ...(assembly && listing !== undefined && { listing }) });
  }
  device.close();
}

process.once("disconnect", () => process.exit(1)); // nobody waits for it any more
process.once("message", async (/** @type {Request} */ request) => {
  try {
    await compileAll(request);
    process.exit(0); // Dawn's threads would keep the process
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(3);
  }
});
