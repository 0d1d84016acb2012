/** `af3-gpu features`: makes features of an input, or synthetic ones, or checks given ones. */
import { Command } from "commander";
import type { EngineName } from "../engines/core/component.ts";
import type { Engine } from "../engines/core/engine.ts";
import { checkFeatures, type Features, loadFeatures } from "../engines/core/features.ts";
import { syntheticNoise } from "../engines/core/synthetic.ts";
import { findEngine } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { checkTensorFile, writeTensors } from "../platform/node/tensor_files.ts";
import { completions, exampleEngines, featurisers, oneEngine, ownOption } from "./engine_words.ts";
import {
  featuresOfInput,
  INPUT_OPTIONS,
  type InputOptions,
  isInput,
  isInputOption,
  withInputOptions,
} from "./features_of_input.ts";
import { optionOf } from "./option_uses.ts";
import * as option from "./options.ts";
import { noteOnce, print, remark, table } from "./output.ts";

interface FeaturesOptions extends InputOptions {
  readonly engine?: EngineName;
  readonly synthetic?: boolean;
  readonly out?: string;
  readonly seqLen?: number;
  readonly chains?: number;
  readonly ligandTokens?: number;
  readonly padding?: number;
  readonly msa?: number | false;
  readonly numMsa?: number;
  readonly templates?: number;
  readonly recycles?: number;
  readonly steps?: number;
  readonly samples?: number;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

function examples(): string {
  const [first, second] = exampleEngines();
  return `
Examples:
  af3-gpu features --synthetic --engine ${first} --seq-len 256 --chains 2 --ligand-tokens 20 --out features.safetensors
  af3-gpu features --synthetic --engine ${second} --seq-len 64 --steps 20 --samples 2 --out with-noise.safetensors
  af3-gpu features features.npz --engine ${first} --out features.safetensors

  af3-gpu features job.json --engine ${featurisers()[0]} --out features.npz

An input is AlphaFold 3's JSON, a list of AlphaFold Server jobs, FASTA (a chain per record: >A|protein), or ColabFold's a3m.
A file of features is checked, and with --out written again; --verbose lists its tensors.${completions()} docs/features.md names every tensor.`;
}

/** A count, or a fraction such as 0.1 or 10%. */
function ligandTokens(text: string): number {
  const value = text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!/^\d+(\.\d+)?%?$/.test(text) || (value >= 1 && !Number.isInteger(value)) || (text.endsWith("%") && value >= 1))
    throw new BadInputError(
      `--ligand-tokens should be a whole number, or a fraction such as 0.1 or 10%, not "${text}"`,
    );
  return value;
}

const count = (name: string, least: number) => option.wholeNumber(`--${name}`, least);

export const featuresCommand = (): Command =>
  withInputOptions(
    new Command("features")
      .description("make an engine's features of an input, or synthetic ones, or check features in a file")
      .argument("[file]", "an input such as job.json, or features as .safetensors or .npz")
      .option("--engine <name>", oneEngine(), option.engine)
      .option("--synthetic", "make features from a seed")
      .option("--out <file>", "where to write them, as .safetensors or .npz", option.place("--out"))
      .option("--seq-len <n>", "all tokens", count("seq-len", 1))
      .option("--chains <n>", "protein chains (default 1)", count("chains", 1))
      .option(
        "--ligand-tokens <n>",
        "tokens that are ligand atoms, as a number or a fraction (default 0)",
        ligandTokens,
      )
      .option("--padding <n>", ownOption("padding", "masked tokens at the end (default 0)"), count("padding", 0))
      .option("--msa <n>", "rows of the MSA (default 128)", count("msa", 1))
      .option(
        "--num-msa <n>",
        ownOption("numMsa", "rows that a pass uses (default all, at most as many as the network takes)"),
        count("num-msa", 1),
      )
      .option("--templates <n>", ownOption("templates", "template slots (default 4)"), count("templates", 0))
      .option("--recycles <n>", "passes through the trunk after the first (default 0)", count("recycles", 0))
      .option("--steps <n>", "record the noise of so many sampling steps too", count("steps", 1))
      .option("--samples <n>", "samples that noise is recorded for (default 1)", count("samples", 1))
      .option("--job <name>", "input: which of several jobs, by its name or its number", option.place("--job")),
    "input: ",
  )
    .option(
      "--seed <n>",
      "seed of features and noise (default the input's first, else 0)",
      option.wholeNumber("--seed", 0, 2 ** 32 - 1),
    )
    .option("--verbose", "list all tensors with their types and shapes")
    .option("--json", "print names, shapes and sizes as JSON")
    .addHelpText("after", examples())
    .action(features);

async function features(file: string | undefined, options: FeaturesOptions): Promise<void> {
  const { engine, out } = options;
  if (engine === undefined) throw new BadInputError(`features needs --engine: ${oneEngine()}`);
  if (options.synthetic && out === undefined) throw new BadInputError("features --synthetic needs --out");
  if (out !== undefined) await checkTensorFile(out);
  const own = findEngine(engine);
  const found = await featuresOf(own, file, options);
  if (out !== undefined) {
    await writeTensors(out, found.tensors);
    remark(`wrote ${out}`);
  }
  show(found, options);
}

async function featuresOf(engine: Engine, file: string | undefined, options: FeaturesOptions): Promise<Shown> {
  const input = !options.synthetic && file !== undefined && isInput(file);
  const only = INPUT_OPTIONS.find((name) => isInputOption(name, options));
  if (only && !input) throw new BadInputError(`${inputFlag(only)} needs an input, such as job.json`);
  if (options.synthetic) return make(engine, file, options);
  if (!input) return check(engine, file, options);
  const stray = MAKING.find((name) => name !== "seed" && (options[name] ?? false) !== false);
  if (stray) throw new BadInputError(`${optionOf(stray)} needs --synthetic`);
  const { tensors } = await featuresOfInput(engine, file, options);
  const [rows, tokens] = tensors.get("msa")?.shape ?? [0, 0];
  return { engine: engine.name, tensors, sizes: { tokens, rows }, noise: false };
}

function make(engine: Engine, file: string | undefined, options: FeaturesOptions): Features {
  const { seqLen: tokens, msa: msaRows, steps, samples = 1, seed = 0 } = options;
  if (file !== undefined) throw new BadInputError("features takes a file or --synthetic, not both");
  if (tokens === undefined) throw new BadInputError("features --synthetic needs --seq-len");
  const useless = OWN.find((name) => options[name] !== undefined && !engine.features.options.includes(name));
  if (useless) throw new BadInputError(`${engine.name} has no use for ${optionOf(useless)}: leave it out`);
  if (steps === undefined && options.samples !== undefined) throw new BadInputError("--samples needs --steps");
  const made = engine.features.synthetic({ ...options, tokens, ...(msaRows ? { msaRows } : {}) });
  const noise = steps ? syntheticNoise(engine, made, { seed, samples, steps }) : [];
  return checkFeatures(engine, new Map([...made, ...noise]), noteOnce());
}

/** What only the generator takes. */
const MAKING = [
  "seqLen",
  "chains",
  "ligandTokens",
  "padding",
  "msa",
  "numMsa",
  "templates",
  "recycles",
  "steps",
  "samples",
  "seed",
] as const;

/** What only some engines have a use for. */
const OWN = ["numMsa", "templates", "padding"] as const;

/** What a tensor that a file lacks may be made of. */
const COMPLETING: ReadonlySet<string> = new Set(["numMsa", "recycles", "seed"]);

const inputFlag = (name: (typeof INPUT_OPTIONS)[number]): string =>
  name === "msa" || name === "pairedAsUnpaired" ? `--no-${optionOf(name).slice(2)}` : optionOf(name);

async function check(engine: Engine, file: string | undefined, options: FeaturesOptions): Promise<Features> {
  if (file === undefined) throw new BadInputError("features needs a file, or --synthetic");
  const completes = engine.features.completion !== undefined;
  const stray = MAKING.find((name) => options[name] !== undefined && !(completes && COMPLETING.has(name)));
  if (stray) throw new BadInputError(`${optionOf(stray)} needs --synthetic`);
  const { recycles, numMsa, seed } = options;
  const passes = recycles === undefined ? undefined : recycles + 1;
  return loadFeatures(nodeFiles, file, engine, noteOnce(), { passes, numMsa, seed });
}

type Shown = Pick<Features, "engine" | "tensors" | "sizes" | "noise">;

/** Sizes last, for they are what somebody looks for; the list of tensors is long. */
function show({ engine, tensors, sizes, noise }: Shown, { json, verbose }: FeaturesOptions): void {
  const rows = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  if (json) {
    print(JSON.stringify({ engine, sizes, noise, tensors: rows }));
    return;
  }
  if (verbose)
    print(
      table(
        ["tensor", "type", "shape"],
        rows.map(({ name, dtype, shape }) => [name, dtype, `[${shape.join(", ")}]`]),
      ),
    );
  const counts = Object.entries(sizes).map(([name, size]) => `${name}=${size}`);
  print(`tensors=${rows.length} ${counts.join(" ")}`);
}
