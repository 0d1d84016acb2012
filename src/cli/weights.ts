/** `af3-gpu weights`: looks into files of weights, converts them, and makes random ones. */
import { createHash } from "node:crypto";
import { Command } from "commander";
import { compareWeights, listed, type WeightDifferences } from "../engines/core/check.ts";
import type { Component, ConfiguredComponent, EngineName } from "../engines/core/component.ts";
import type { Engine } from "../engines/core/engine.ts";
import { checkComponents, componentOf } from "../engines/core/names.ts";
import { openWeights, weightRecords } from "../engines/core/weight_files.ts";
import type { WeightFile } from "../engines/core/weights.ts";
import { findEngine, findPreset, type PresetName } from "../engines/index.ts";
import { BadInputError, throwIfAborted } from "../errors.ts";
import { valuesOf } from "../formats/af3_bin.ts";
import { countNonFinite } from "../formats/non_finite.ts";
import { layoutSafetensors } from "../formats/safetensors.ts";
import { type HostTensor, shapeText, sizeOf } from "../formats/tensor.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { checkTensorFile } from "../platform/node/tensor_files.ts";
import { type Part, writeParts } from "../platform/node/written_files.ts";
import { counted, visible } from "../words.ts";
import { stop } from "./context.ts";
import { exampleEngines, oneEngine } from "./engine_words.ts";
import * as option from "./options.ts";
import { bytes, print, progress, remark, table } from "./output.ts";

interface InspectOptions {
  readonly engine?: EngineName;
  readonly component?: string;
  readonly preset?: PresetName;
  readonly json?: boolean;
}

interface RandomOptions {
  readonly engine: EngineName;
  readonly component: string;
  readonly preset: PresetName;
  readonly seed: number;
  readonly out: string;
}

function examples(): string {
  const [first, second] = exampleEngines();
  return `
FILE is a safetensors file, an af3.bin or af3.bin.zst, or a folder with the parts of one.
Examples:
  af3-gpu weights inspect weights.safetensors --engine ${second} --component pairformer --preset paper
  af3-gpu weights convert af3.bin.zst --out weights.safetensors
  af3-gpu weights random --engine ${first} --component pairformer --preset tiny --out weights.safetensors`;
}

export function weightsCommand(): Command {
  const verb = new Command("weights")
    .description("look into files of weights, convert them, or make random ones")
    .addHelpText("after", examples());
  verb
    .command("inspect")
    .description("print names, shapes, types and digests; with a component, what of it is missing, misshapen or extra")
    .argument("<file>", "safetensors, af3.bin[.zst], or a folder with its parts")
    .option("--engine <name>", oneEngine(), option.engine)
    .option("--component <name>", "such as pairformer")
    .option("--preset <size>", "tiny, block or paper", option.preset)
    .option("--json", "print everything as JSON")
    .addHelpText("after", examples())
    .action(inspect);
  verb
    .command("convert")
    .description("convert an af3.bin or af3.bin.zst to float32 safetensors")
    .argument("<file>", "af3.bin, af3.bin.zst, or a folder with its parts")
    .requiredOption("--out <file>", "where to write the safetensors", option.place("--out"))
    .addHelpText("after", examples())
    .action(convert);
  verb
    .command("random")
    .description("write the weights that --weights random stands for")
    .requiredOption("--engine <name>", oneEngine(), option.engine)
    .requiredOption("--component <name>", "such as pairformer")
    .option("--preset <size>", "tiny, block or paper", option.preset, "tiny")
    .option("--seed <n>", "seed of the weights", option.wholeNumber("--seed", 0, 2 ** 32 - 1), 0)
    .requiredOption("--out <file>", "where to write the safetensors", option.place("--out"))
    .addHelpText("after", examples())
    .action(random);
  return verb;
}

async function inspect(path: string, options: InspectOptions): Promise<void> {
  const wanted = wantedWeights(options);
  const file = await openWeights(nodeFiles, path);
  const tensors = [...file.names].sort().map((name) => {
    throwIfAborted(stop.signal);
    return describe(file, name);
  });
  const parameters = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const sha256 = digest(...tensors.map(({ name, shape, sha256 }) => `${name} ${shapeText(shape)} ${sha256}\n`));
  const nonFinite = tensors.reduce((sum, tensor) => sum + tensor.nonFinite, 0);
  const differences = wanted && compareWeights(wanted.weights, file);
  if (options.json)
    print(JSON.stringify({ file: path, parameters, nonFinite, sha256, tensors, ...differences }, null, 2));
  else {
    const columns = ["name", "shape", "type", ">bytes", "sha256"];
    const rows = tensors.map((one) => [one.name, shapeText(one.shape), one.type, one.bytes, one.sha256.slice(0, 16)]);
    print(table(columns, rows));
    print(`${counted(tensors.length, "tensor")}, ${counted(parameters, "parameter")}, sha256 ${sha256}`);
    if (nonFinite > 0) print(visible(nonFiniteText(tensors, nonFinite)));
    if (differences) report(differences, wanted);
  }
  if (differences && differences.missing.length + differences.misshapen.length + differences.mistyped.length > 0)
    process.exitCode = 1;
}

/** The digest is that of the float32 or int32 values, so that it outlives a conversion; of other types, of what is stored. */
function describe(file: WeightFile, name: string) {
  const { dtype, shape, stored = dtype } = file.describe(name) as { dtype: string; shape: number[]; stored?: string };
  const content = file.bytes(name);
  const values = dtype === "F32" || dtype === "I32" ? bytesOf(file.read(name)) : content;
  const nonFinite = countNonFinite(values, dtype);
  return { name, shape, type: stored, bytes: content.length, nonFinite, sha256: digest(values) };
}

/** How many values are NaN or infinite, and in which tensors; no component runs with such. */
function nonFiniteText(tensors: readonly ReturnType<typeof describe>[], total: number): string {
  const having = tensors.filter(({ nonFinite }) => nonFinite > 0);
  const each = having.map(({ name, nonFinite, shape }) => `${name} (${nonFinite} of ${sizeOf(shape)})`);
  return `${counted(total, "value")} ${total === 1 ? "is" : "are"} not finite: ${listed(each)}`;
}

function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

const bytesOf = ({ data }: HostTensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The component at the preset that the options name; undefined if they name none. */
function wantedWeights({ engine, component, preset }: InspectOptions): ConfiguredComponent | undefined {
  if (engine === undefined && component === undefined && preset === undefined) return undefined;
  if (engine === undefined || component === undefined)
    throw new BadInputError("a comparison needs --engine and --component");
  return configured(named(findEngine(engine), component), preset ?? "paper");
}

/** A component by any of its names. The toy is none: it has no presets, and its weights are its own. */
function named(engine: Engine, name: string): Component {
  checkComponents([engine], [name]);
  return componentOf(engine, name) as Component;
}

/** The weights do not depend on the number of tokens. */
function configured(component: Component, preset: PresetName): ConfiguredComponent {
  const { config, widths } = findPreset(component.engine, component.name, preset);
  return component.configure(config, { ...widths, tokens: 64 }, () => {});
}

function report({ missing, misshapen, mistyped, extra }: WeightDifferences, { component }: { component: Component }) {
  const whose = `${component.engine} ${component.name}`;
  const sections = { missing, misshapen, mistyped, extra };
  for (const [what, names] of Object.entries(sections))
    if (names.length) print([`${what} (${names.length}):`, ...names.map((name) => `  ${visible(name)}`)].join("\n"));
  const wrong = missing.length + misshapen.length + mistyped.length;
  print(
    wrong
      ? `does not fit ${whose}: ${counted(wrong, "tensor")} ${wrong === 1 ? "is" : "are"} missing or wrong`
      : `fits ${whose}`,
  );
}

/** Reads the file twice, since safetensors begin with the names and places of all: no more than one tensor is in memory. */
async function convert(path: string, { out }: { readonly out: string }): Promise<void> {
  await checkTensorFile(out, [".safetensors"]);
  const steps = progress();
  try {
    steps.doing(`reading ${path}`);
    const shapes = new Map<string, { readonly dtype: "float32"; readonly shape: readonly number[] }>();
    const left: string[] = [];
    for await (const { name, dtype, shape } of weightRecords(nodeFiles, path)) {
      throwIfAborted(stop.signal);
      if (dtype === "uint8") left.push(name);
      else shapes.set(name, { dtype: "float32", shape });
    }
    const layout = layoutSafetensors(shapes);
    const parts = async function* (): AsyncGenerator<Part> {
      yield { at: 0, bytes: layout.header };
      for await (const record of weightRecords(nodeFiles, path)) {
        throwIfAborted(stop.signal);
        if (record.dtype === "uint8") continue;
        const at = layout.begins.get(record.name);
        if (at === undefined || shapeText(shapes.get(record.name)?.shape ?? []) !== shapeText(record.shape))
          throw new BadInputError(`${path} changed while it was read`);
        steps.doing(record.name);
        yield { at, bytes: bytesOf(valuesOf(record)) };
      }
    };
    await writeParts(out, parts());
    steps.done(`wrote ${out}`);
    if (left.length)
      remark(`note: left out ${counted(left.length, "tensor")} of type uint8, such as ${visible(left[0])}`);
    print(`${counted(shapes.size, "tensor")}, ${bytes(layout.length)}`);
  } finally {
    steps.stop();
  }
}

async function random({ engine: name, component, preset, seed, out }: RandomOptions): Promise<void> {
  await checkTensorFile(out, [".safetensors"]);
  const engine = findEngine(name);
  const { weights } = configured(named(engine, component), preset);
  const layout = layoutSafetensors(new Map([...weights].map(([key, shape]) => [key, { dtype: "float32", shape }])));
  const parts = function* (): Generator<Part> {
    yield { at: 0, bytes: layout.header };
    for (const [key, shape] of weights) {
      throwIfAborted(stop.signal);
      const data = engine.randomWeight(key, shape, seed);
      yield { at: layout.begins.get(key) as number, bytes: bytesOf({ dtype: "float32", shape, data }) };
    }
  };
  const steps = progress();
  try {
    steps.doing(`writing ${out}`);
    await writeParts(out, parts());
    steps.done(`wrote ${out}`);
    print(`${counted(weights.size, "tensor")}, ${bytes(layout.length)}`);
  } finally {
    steps.stop();
  }
}
