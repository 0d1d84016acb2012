// `npm run precision`: mixed precision beside float32, over depth and over scales of the inputs, and how near the halves come to overflow
// (docs/precision.md). Pairformers with seeded weights and inputs, nothing masked.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { probeHalves } from "../dist/bench/half_probe.js";
import { table } from "../dist/cli/output.js";
import { engineNames, findComponent, findEngine, findPreset } from "../dist/engines/index.js";
import { openWebGpu } from "../dist/index.js";
import { compare } from "../dist/kernels/check/compare.js";

const USAGE = `usage: npm run precision -- [--engine NAMES] [--preset tiny|block] [--tokens N] [--depths 1,2,8] [--scales 1] [--device D] [--out FILE]

Prints a table: the largest error of each output in mixed precision against float32, its normalised mean squared error, and the largest half
that was written, with what wrote it. --scales are taken at every depth. --out merges the errors into a file beside those of the
references, which \`python -m af3_export rounding-depth\` writes (export/README.md); npm run docs draws them.`;

/** What makes a row of the file. */
const KEY = /** @type {const} */ (["engine", "preset", "tokens", "depth", "scale", "output"]);

/** What configs call the number of blocks. */
const DEPTHS = ["num_layer", "no_blocks"];

function readOptions() {
  const { values } = parseArgs({
    options: {
      engine: { type: "string", default: engineNames.join(",") },
      preset: { type: "string", default: "block" },
      tokens: { type: "string", default: "16" },
      depths: { type: "string", default: "1,2,8" },
      scales: { type: "string", default: "1" },
      device: { type: "string", default: "auto" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const numbers = (/** @type {string} */ text) =>
    text.split(",").map((one) => {
      const value = Number(one);
      if (!(value > 0)) throw new Error(`"${text}" should be numbers above 0 with commas`);
      return value;
    });
  return {
    ...values,
    tokens: numbers(values.tokens)[0],
    depths: numbers(values.depths),
    scales: numbers(values.scales),
  };
}

/** @param {any} config @param {number} depth */
function deepened(config, depth) {
  const field = DEPTHS.find((name) => name in config);
  if (!field) throw new Error("this config does not say how many blocks it has");
  return { ...config, [field]: depth };
}

/** Inputs so many times as large, with masks of ones. @param {ReadonlyMap<string, any>} inputs @param {number} scale */
const scaled = (inputs, scale) =>
  new Map(
    [...inputs].map(([name, tensor]) => [
      name,
      { ...tensor, data: tensor.data.map((/** @type {number} */ x) => (/mask/.test(name) ? 1 : scale * x)) },
    ]),
  );

/** @param {string} file @param {readonly Partial<import("./precision_report.mjs").Row>[]} found @param {string} device */
function keep(file, found, device) {
  const known = JSON.parse(readFileSync(file, "utf8"));
  for (const row of found) {
    const same = known.rows.find((/** @type {Record<string, unknown>} */ one) =>
      KEY.every((name) => one[name] === row[name]),
    );
    if (!same) throw new Error(`${file} has no errors of the reference at ${KEY.map((name) => row[name]).join(", ")}`);
    Object.assign(same, row);
  }
  known.origin.webgpu = `\`npm run precision -- ${process.argv.slice(2).join(" ").replace(file, "FILE")}\` on ${device}`;
  writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`);
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(USAGE);
  const backend = openWebGpu({ device: options.device });
  const rows = [];
  /** @type {Partial<import("./precision_report.mjs").Row>[]} */
  const found = [];
  for (const engine of options.engine.split(","))
    for (const depth of options.depths)
      for (const scale of options.scales) {
        const component = findComponent(findEngine(engine), "pairformer");
        const { config: shallow, widths } = findPreset(engine, "pairformer", /** @type {any} */ (options.preset));
        const config = deepened(shallow, depth);
        const sizes = { ...widths, tokens: options.tokens };
        const inputs = scaled(component.configure(config, sizes, () => {}).randomInputs(0), scale);
        const what = {
          engine,
          component: "pairformer",
          config,
          sizes,
          weights: /** @type {const} */ ({ kind: "random", seed: 0 }),
        };
        const outputs = [];
        for (const precision of /** @type {const} */ (["f32", "mixed"])) {
          const runner = await backend.load({ ...what, precision });
          outputs.push(await runner.run(inputs));
          await runner.dispose();
        }
        const [largest] = await probeHalves(backend, { ...what, inputs });
        for (const [name, want] of outputs[0]) {
          const { error, normalisedSquares } = compare(outputs[1].get(name)?.data ?? [], want.data);
          const wrote = `${largest.largest.toPrecision(3)}, ${largest.array} of ${largest.label}`;
          found.push({
            ...{ engine, preset: options.preset, tokens: options.tokens, depth, scale, output: name },
            ...{ mixed: Number(error.toPrecision(3)), largest_half: Number(largest.largest.toPrecision(2)) },
          });
          rows.push([engine, depth, scale, name, error.toExponential(1), normalisedSquares.toExponential(1), wrote]);
        }
        console.error(`${engine}, ${depth} blocks, inputs × ${scale}: done`);
      }
  const { adapter } = await backend.device();
  await backend.dispose();
  if (options.out) keep(options.out, found, adapter.device || adapter.description);
  console.log(
    `Pairformer, preset ${options.preset}, N = ${options.tokens}, on ${adapter.device || adapter.description}`,
  );
  console.log(table(["engine", ">blocks", ">inputs ×", "output", ">error", ">nmse", "largest half"], rows));
}

await main();
