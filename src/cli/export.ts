/** `af3-gpu export`: drives the Python exporters, which run the real repositories. */
import path from "node:path";
import { Command } from "commander";
import { checkExported, commitOf, hasFixedSizes, hasVariant, sameNetwork } from "../backends/onnx/find.ts";
import { type OnnxManifest, type OnnxVariant, onnxVariants } from "../backends/onnx/manifest.ts";
import { DEFAULT_TOKENS } from "../bench/core/workload.ts";
import { parseJson } from "../engines/core/cases.ts";
import type { Component, EngineName, Sizes } from "../engines/core/component.ts";
import { checkComponents, componentOf, enumerated } from "../engines/core/names.ts";
import { findEngine, findPreset, type PresetName } from "../engines/index.ts";
import { BadInputError, CancelledError, messageOf, throwIfAborted, UnavailableError } from "../errors.ts";
import { type ExportedGraph, type ExporterOptions, exportGraph, runExporter } from "../platform/node/exporter.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { checkModel, graphsFolder, storedGraphs } from "../platform/node/onnx/graphs.ts";
import { checkWritableFolder } from "../platform/node/written_files.ts";
import { stop } from "./context.ts";
import { exampleEngines, graphSizes, presetWords, someEngines } from "./engine_words.ts";
import * as option from "./options.ts";
import { bytes, print, remark } from "./output.ts";
import { stderrFd } from "./supervised.ts";

interface OnnxOptions {
  readonly engine: readonly EngineName[];
  readonly component: readonly string[];
  readonly preset: PresetName;
  readonly config?: string;
  readonly width?: readonly string[];
  readonly seqLen?: readonly number[];
  readonly size?: readonly string[];
  readonly variant: readonly OnnxVariant[];
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

interface CasesOptions {
  readonly engine: readonly EngineName[];
  readonly out: string;
  readonly check?: boolean;
}

const python: ExporterOptions = { signal: stop.signal, stderr: stderrFd };

function examples(): string {
  const [, engine] = exampleEngines();
  return `
The exporters need Python and the pinned repositories; for each engine once:
  node third_party/fetch.mjs ${engine} && npm run setup:python -- ${engine}
Examples:
  af3-gpu export onnx --engine ${engine} --component trunk --preset tiny
  af3-gpu export onnx --component pairformer --preset block --variant both
  af3-gpu export onnx --engine ${engine} --component pairformer --config cases/${engine}-pairformer-odd/case.json
  af3-gpu export cases --engine ${engine} --out my-cases`;
}

export function exportCommand(): Command {
  const verb = new Command("export")
    .description("export ONNX graphs or golden cases from the pinned repositories, with Python")
    .addHelpText("after", examples());
  verb
    .command("onnx")
    .description("export components as ONNX graphs without weights, for the backends onnx-*")
    .option("--engine <name>", someEngines(), option.engines, option.engines("both"))
    .option("--component <names>", "components with commas, or all", option.components, ["all"])
    .option("--preset <size>", presetWords(), option.preset, "tiny")
    .option("--config <file>", "a component's config as JSON, or a case.json, in place of a preset")
    .option("--width <name=n...>", "with --config: a width that it does not say, such as c_s=384")
    .option("--seq-len <n>", `fix the number of tokens; else ${graphSizes(DEFAULT_TOKENS)}`, option.seqLens)
    .option("--size <name=n...>", "fix another size, such as rows=128 or templates=0")
    .option("--variant <name>", "plain, mha (attention as one node) or both", variants, ["plain"] as const)
    .option("--out <folder>", "where to put a folder per graph, in place of the cache", option.place("--out"))
    .option("--force", "export again what is there already")
    .option("--json", "print the exported graphs as JSON")
    .addHelpText("after", examples())
    .action(exportOnnx);
  verb
    .command("cases")
    .description("make golden cases from the pinned repositories")
    .argument("[names...]", "cases or components; without any, all of the engine")
    .requiredOption("--engine <name>", someEngines(), option.engines)
    .requiredOption("--out <folder>", "folder of the cases' folders", option.place("--out"))
    .option("--check", "make them again and compare with --out; change nothing")
    .addHelpText("after", examples())
    .action(exportCases);
  return verb;
}

const variants = (text: string): readonly OnnxVariant[] =>
  text === "both" ? onnxVariants : [option.oneOf("--variant", onnxVariants)(text)];

async function exportCases(names: readonly string[], { engine, out, check }: CasesOptions): Promise<void> {
  const folder = path.resolve(out);
  if (!check) await checkWritableFolder(folder);
  for (const one of reproducing(engine)) {
    const args = ["cases", "--engine", one, "--out", folder, ...(check ? ["--check"] : []), ...names];
    const printed = await runExporter(one, args, python);
    if (printed.trim()) print(printed.trimEnd());
  }
}

/** The engines that there is something to export from. @throws {BadInputError} if none of them reproduces a repository */
function reproducing(names: readonly EngineName[]): readonly EngineName[] {
  const found = names.filter((name) => commitOf(name) !== undefined);
  if (found.length === 0)
    throw new BadInputError(`${enumerated(names)} reproduces no repository: there is nothing to export from`);
  for (const name of names) if (!found.includes(name)) remark(`${name} reproduces no repository: left out`);
  return found;
}

/** One graph to export. */
interface GraphJob {
  readonly component: Component;
  readonly variant: OnnxVariant;
  /** Undefined for a graph of any size. */
  readonly tokens: number | undefined;
}

/** `rows=128` and the like, by name. */
const named = (texts: readonly string[] = []): Record<string, number> =>
  Object.fromEntries(
    texts.map((text) => {
      const [, name, size] = /^(\w+)=(\d+)$/.exec(text) ?? [];
      if (name === undefined)
        throw new BadInputError(`"${text}" should be a name and a whole number, such as rows=128`);
      return [name, Number(size)];
    }),
  );

async function exportOnnx(options: OnnxOptions): Promise<void> {
  if (options.out !== undefined) await checkWritableFolder(options.out);
  const root = options.out === undefined ? graphsFolder() : path.resolve(options.out);
  if (options.width && options.config === undefined) throw new BadInputError("--width belongs to --config");
  named([...(options.width ?? []), ...(options.size ?? [])]); // bad ones are refused before anything is exported
  const found: (ExportedGraph & { readonly state: "exported" | "kept" })[] = [];
  const failures: unknown[] = [];
  const unusable = new Set<EngineName>();
  for (const job of jobsOf(options)) {
    throwIfAborted(stop.signal);
    const { engine } = job.component;
    if (unusable.has(engine)) continue;
    try {
      const kept = options.force ? undefined : await keptGraph(job, options, root);
      const graph = kept ?? (await exportGraph(engine, argumentsOf(job, options), root, python));
      found.push({ ...graph, state: kept ? "kept" : "exported" });
      if (!options.json) print(`${kept ? "kept" : "exported"} ${lineOf(graph)}`);
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      // Of many, the others go on; without its environment, an engine can export none.
      failures.push(error);
      remark(`FAILED ${textOf(job)}: ${messageOf(error)}`);
      if (error instanceof UnavailableError) unusable.add(engine);
    }
  }
  if (options.json)
    print(
      JSON.stringify(
        found.map(({ state, folder, manifest }) => ({ state, folder, ...manifest })),
        null,
        2,
      ),
    );
  if (failures.length) throw failures[0];
}

/** Everything that the options ask for. @throws {BadInputError} if no engine has it */
function jobsOf({ engine, component: names, config, seqLen, variant }: OnnxOptions): GraphJob[] {
  const engines = reproducing(engine);
  const all = names.length === 1 && names[0] === "all";
  if (!all) checkComponents(engines.map(findEngine), names);
  if (config !== undefined && (engines.length > 1 || all || names.length > 1))
    throw new BadInputError("--config is one component's: name it with --engine and --component");
  const components = engines.flatMap((name) => {
    const engine = findEngine(name);
    // A whole network is no graph; its parts are.
    if (all) return engine.components.filter(({ notExported }) => notExported === undefined);
    return names.flatMap((one) => componentOf(engine, one) ?? []);
  });
  const lengthsOf = (engine: EngineName): readonly (number | undefined)[] =>
    seqLen ?? [hasFixedSizes(engine) ? DEFAULT_TOKENS : undefined];
  // Asked for both variants, a component without attention has its only one.
  const variantsOf = (component: Component): readonly OnnxVariant[] =>
    variant.length > 1 ? variant.filter((one) => hasVariant(component, one)) : variant;
  return components.flatMap((component) =>
    variantsOf(component).flatMap((one) => {
      checkExported(component, one);
      return lengthsOf(component.engine).map((tokens) => ({ component, variant: one, tokens }));
    }),
  );
}

/** A graph that is there already, whole, of the pinned commit. */
async function keptGraph(job: GraphJob, options: OnnxOptions, root: string): Promise<ExportedGraph | undefined> {
  const { component, variant, tokens } = job;
  const { config, widths } = await networkOf(job, options);
  const wanted = { component, variant, config, sizes: widths };
  for (const graph of await storedGraphs(`${component.engine}-${component.name}-${variant}-`, root)) {
    if ("broken" in graph || !sameNetwork(graph.manifest, wanted)) continue;
    if (graph.manifest.commit !== commitOf(component.engine)) continue;
    if (!isOfSize(graph.manifest, { ...(tokens !== undefined && { tokens }), ...named(options.size) })) continue;
    const whole = await checkModel(graph.folder, graph.manifest).then(
      () => true,
      () => false,
    );
    if (whole) return graph;
  }
  return undefined;
}

const isOfSize = ({ sizes }: OnnxManifest, wanted: Sizes): boolean =>
  Object.keys(sizes).length === 0
    ? Object.keys(wanted).length === 0
    : Object.entries(wanted).every(([name, size]) => sizes[name] === size);

/** The config and the widths that the options name. */
async function networkOf({ component }: GraphJob, { preset, config: file, width = [] }: OnnxOptions) {
  if (file === undefined) return findPreset(component.engine, component.name, preset);
  const widths = named(width);
  const parsed = parseJson(await nodeFiles.read(file), file);
  return { config: parsed.format === undefined ? parsed : parsed.config, widths };
}

function argumentsOf({ component, variant, tokens }: GraphJob, options: OnnxOptions): string[] {
  const { preset, config, width, size } = options;
  const { engine, name } = component;
  const sizes = { ...(tokens !== undefined && { tokens }), ...presetRows(component, options), ...named(size) };
  return [
    ...["--engine", engine, "--component", name],
    ...(config === undefined ? ["--preset", preset] : ["--config", path.resolve(config)]),
    ...Object.entries(named(width)).flatMap(([key, value]) => ["--width", `${key}=${value}`]),
    ...["--variant", variant],
    ...Object.entries(sizes).flatMap(([key, value]) => [`--${key}`, String(value)]),
  ];
}

/** How many rows of the MSA a preset has, where a graph must know it. */
function presetRows({ engine, name, inputs, readsFeatures }: Component, { preset, config }: OnnxOptions): Sizes {
  if (!hasFixedSizes(engine) || config !== undefined || readsFeatures) return {};
  const { rows } = findPreset(engine, name, preset).widths;
  return rows !== undefined && inputs.some(({ shape }) => shape.includes("rows")) ? { rows } : {};
}

const textOf = ({ component, variant, tokens }: GraphJob): string =>
  `${component.engine} ${component.name} ${variant}${tokens === undefined ? "" : ` N=${tokens}`}`;

function lineOf({ folder, manifest }: ExportedGraph): string {
  const { engine, component, variant, sizes, nodes, weightsBytes } = manifest;
  const fixed = Object.entries(sizes).map(([name, size]) => `${name}=${size}`);
  const size = fixed.length ? fixed.join(" ") : "any size";
  return `${engine} ${component} ${variant}, ${size}: ${nodes} nodes, ${bytes(weightsBytes)} of weights outside; ${folder}`;
}
