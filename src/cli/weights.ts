/** `af3-gpu weights`: looks into files of weights, converts them, and makes random ones. */
import { Command } from "commander";
import type { EngineName } from "../engines/core/component.ts";
import { findEngine, type PresetName } from "../engines/index.ts";
import { configuredAt } from "../engines/recognised.ts";
import { throwIfAborted } from "../errors.ts";
import { layoutSafetensors } from "../formats/safetensors.ts";
import { checkTensorFile } from "../platform/node/tensor_files.ts";
import { type Part, writeParts } from "../platform/node/written_files.ts";
import { counted } from "../words.ts";
import { stop } from "./context.ts";
import { exampleEngines, oneEngine, presetWords } from "./engine_words.ts";
import * as option from "./options.ts";
import { bytes, print, progress } from "./output.ts";
import { convert, floatTypes } from "./weights_convert.ts";
import { fetchWeights, publishedAddress, publishedNames, sha256 } from "./weights_fetch.ts";
import { bytesOf, inspect, namedComponent } from "./weights_inspect.ts";

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
FILE is a safetensors file, a torch checkpoint (.pt, .pth, .ckpt), an af3.bin or af3.bin.zst, or a folder with the parts of one.
Examples:
  af3-gpu weights inspect weights.safetensors --engine ${second} --component pairformer --preset paper
  af3-gpu weights convert af3.bin.zst --out weights.safetensors
  af3-gpu weights convert model.pt --engine ${second} --dtype float16 --out weights.safetensors
  af3-gpu weights fetch ${publishedNames()[0]} --from https://example.org/model.pt
  af3-gpu weights random --engine ${first} --component pairformer --preset tiny --out weights.safetensors`;
}

export function weightsCommand(): Command {
  const verb = new Command("weights")
    .description("look into files of weights, convert them, download published ones, or make random ones")
    .addHelpText("after", examples());
  verb
    .command("inspect")
    .description(
      "print names, shapes, types, digests and the model that it fits; with a component, what is missing, misshapen or extra",
    )
    .argument("<file>", "safetensors, a torch checkpoint, af3.bin[.zst], or a folder with its parts")
    .option("--engine <name>", oneEngine(), option.engine)
    .option("--component <name>", "such as pairformer")
    .option("--preset <size>", presetWords(), option.preset)
    .option("--json", "print everything as JSON")
    .addHelpText("after", examples())
    .action(inspect);
  verb
    .command("convert")
    .description("convert weights of any format to safetensors; of a torch checkpoint nothing is run")
    .argument("<file>", "a torch checkpoint, af3.bin[.zst], a folder with its parts, or safetensors")
    .requiredOption("--out <file>", "where to write the safetensors", option.place("--out"))
    .option("--engine <name>", "refuse what does not fit this engine", option.engine)
    .option("--component <name>", "... this component of it")
    .option("--preset <size>", "... at this preset", option.preset)
    .option(
      "--dtype <type>",
      `what matrices are stored as, all else stays float32: ${floatTypes.join(", ")}`,
      option.oneOf("--dtype", floatTypes),
      "float32",
    )
    .option("--entry <name>", "which entry of a torch checkpoint, such as model or ema.params; found by itself")
    .addHelpText("after", examples())
    .action(convert);
  verb
    .command("fetch")
    .description(`download published weights (${publishedNames().join(", ")}) from an address that you name`)
    .argument("<model>", "a preset, or what its publisher calls the model")
    .option("--from <url>", "where it is; without it, prints where its publisher keeps it", publishedAddress)
    .option("--out <file>", "where it goes; by default the address's last part, in this folder", option.place("--out"))
    .option("--sha256 <digest>", "refuse a file that has another SHA-256", sha256)
    .addHelpText("after", examples())
    .action(fetchWeights);
  verb
    .command("random")
    .description("write the weights that --weights random stands for")
    .requiredOption("--engine <name>", oneEngine(), option.engine)
    .requiredOption("--component <name>", "such as pairformer")
    .option("--preset <size>", presetWords(), option.preset, "tiny")
    .option("--seed <n>", "seed of the weights", option.wholeNumber("--seed", 0, 2 ** 32 - 1), 0)
    .requiredOption("--out <file>", "where to write the safetensors", option.place("--out"))
    .addHelpText("after", examples())
    .action(random);
  return verb;
}

async function random({ engine: name, component, preset, seed, out }: RandomOptions): Promise<void> {
  await checkTensorFile(out, [".safetensors"]);
  const engine = findEngine(name);
  const { weights } = configuredAt(namedComponent(engine, component), preset);
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
