/** `af3-gpu run`: runs one component and writes its outputs. */
import path from "node:path";
import { Command } from "commander";
import type { RunProgress } from "../backends/backend.ts";
import { progressText } from "../bench/core/progress.ts";
import { processPeak } from "../bench/environment.ts";
import { type GoldenCase, parseJson, readCase } from "../engines/core/cases.ts";
import { sizesOfInputs } from "../engines/core/check.ts";
import type { EngineName, Sizes } from "../engines/core/component.ts";
import { nonFinite, nonFiniteText } from "../engines/core/finite.ts";
import { ofFile, openTensorFile, readInputs } from "../engines/core/input_files.ts";
import { componentOf } from "../engines/core/names.ts";
import { openWeights } from "../engines/core/weight_files.ts";
import type { Weights } from "../engines/core/weights.ts";
import { findComponent, findEngine } from "../engines/index.ts";
import { BadInputError, NonFiniteError } from "../errors.ts";
import type { Note } from "../formats/config.ts";
import type { TensorMap } from "../formats/tensor.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import { caseFolder } from "../platform/node/cases.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { checkTensorFile, writeTensors } from "../platform/node/tensor_files.ts";
import { type BackendChoice, backendChoice, inPrecisions, webgpuChoice, withBackend } from "./backends.ts";
import { benchCommand } from "./bench.ts";
import { checkBackendUse } from "./bench_uses.ts";
import { stop } from "./context.ts";
import { exampleEngines, oneEngine } from "./engine_words.ts";
import * as option from "./options.ts";
import { noteOnce, print, progress } from "./output.ts";
import { runUse } from "./run_uses.ts";

interface RunOptions {
  readonly backend: BackendChoice;
  readonly out: string;
  readonly engine?: string;
  readonly component?: string;
  readonly config?: string;
  readonly weights?: string;
  readonly inputs?: string;
  readonly memoryLimit?: number;
  readonly device: string;
  readonly precision?: readonly PrecisionMode[];
  readonly diffusionPrecision?: PrecisionMode;
  readonly json?: boolean;
}

/** What there is to run, from a case or from single files. */
interface Job {
  readonly engine: EngineName;
  readonly component: string;
  readonly config: unknown;
  readonly weights: Weights;
  readonly sizes: Sizes;
  readonly inputs: TensorMap;
}

function examples(): string {
  const [, engine] = exampleEngines();
  return `
Examples:
  af3-gpu run cases/${engine}-pairformer-odd --out outputs.safetensors
  af3-gpu run --engine both --mode trunk --device cpu --passes 10 --seq-len 64      what bench does
  af3-gpu run --engine ${engine} --component pairformer --config config.json --weights weights.safetensors --inputs inputs.safetensors --out outputs.safetensors`;
}

export const runCommand = (): Command =>
  new Command("run")
    .description("run one component and write its outputs; or, with the words of the original tool, do what bench does")
    .argument("[case]", "folder of a golden case, or the name of a shipped one; its expected outputs are not read")
    .option(
      "--out <file>",
      "where to write the outputs (.safetensors or .npz); with --mode, the folder of results",
      option.place("--out"),
    )
    .option("--engine <name>", `${oneEngine()}; with --mode, both too`)
    .option("--component <name>", "the engine's own name, or a short one such as pairformer")
    .option("--config <file>", "JSON with the component's config")
    .option("--weights <file>", "safetensors under the engine's own names, or an af3.bin[.zst]")
    .option("--inputs <file>", "the component's inputs, as .safetensors or .npz")
    .option("--backend <name>", "who runs it, such as native or onnx-cpu", backendChoice, webgpuChoice)
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", option.device, "auto")
    .option("--memory-limit <size>", "what may be held on the device, such as 2GiB", option.size("--memory-limit"))
    .option("--precision <mode>", "f32 (default) or mixed: weights and operands as halves", option.precisions)
    .option(
      "--diffusion-precision <mode>",
      "of the diffusion module, which stays f32 unless this says mixed",
      option.precision("--diffusion-precision"),
    )
    .option("--json", "print what was run as JSON")
    .option("--mode <mode>", "toy, trunk or full: time it, as bench does")
    .option("--full", "short for --mode full")
    .option("--passes <n>", "with --mode: exactly so many timed runs")
    .option("--seq-len <list>", "with --mode: numbers of tokens")
    .option("--notes <text>", "with --mode: kept in every row")
    .addHelpText("after", examples())
    .action(run);

/** The original tool's words are bench's, so that the same line does the same. */
async function asBench(command: Command): Promise<void> {
  const words = process.argv.slice(process.argv.indexOf(command.name(), 2) + 1);
  await benchCommand().copyInheritedSettings(command).parseAsync(words, { from: "user" });
}

async function run(folder: string | undefined, options: RunOptions, command: Command): Promise<void> {
  if (runUse(command, folder) === "bench") return asBench(command);
  const [choice, other] = inPrecisions([options.backend], options);
  if (other) throw new BadInputError("a run has one precision: --precision f32 or --precision mixed");
  checkBackendUse(command, [choice]);
  await checkTensorFile(options.out);
  const note = noteOnce();
  const job = await readJob(folder, options, note);
  const steps = progress();
  try {
    await withBackend(choice, options, [job.engine], async (backend) => {
      const { inputs, ...request } = job;
      steps.doing("loading");
      const { memoryLimit } = options;
      const runner = await backend.load({ ...request, memoryLimit, note, signal: stop.signal });
      try {
        const telling = { signal: stop.signal, progress: (done: RunProgress) => steps.doing(progressText(done)) };
        // Who asks for no times need not wait for each section.
        const timed = options.json ? await runner.time(inputs, telling) : undefined;
        const outputs = timed?.outputs ?? (await runner.run(inputs, telling));
        checkFinite(outputs);
        await writeTensors(options.out, outputs);
        const shapes = Object.fromEntries([...outputs].map(([name, { shape }]) => [name, shape]));
        steps.done(`wrote ${options.out}`);
        const memory = { ...runner.memory, devicePeak: timed?.peakBytes, processPeak: processPeak() };
        if (timed)
          print(
            JSON.stringify({
              out: options.out,
              outputs: shapes,
              times: timed.times,
              memory,
              settings: runner.settings,
            }),
          );
        else for (const [name, shape] of Object.entries(shapes)) print(`${name} [${shape.join(", ")}]`);
      } finally {
        await runner.dispose();
      }
    });
  } finally {
    steps.stop();
  }
}

/** @throws {NonFiniteError} with all outputs that hold NaN or infinity */
function checkFinite(outputs: TensorMap): void {
  const broken = nonFinite(outputs);
  if (broken.length > 0)
    throw new NonFiniteError(
      `the outputs are not finite: ${broken.map(nonFiniteText).join("; ")}. Nothing was written. Weights or inputs are so large that float32 overflows`,
    );
}

async function readJob(folder: string | undefined, options: RunOptions, note: Note): Promise<Job> {
  const single = ["engine", "component", "config", "weights", "inputs"] as const;
  if (folder !== undefined) return jobOf(await readCase(nodeFiles, await caseFolder(folder), note));
  const missing = single.filter((name) => options[name] === undefined);
  if (missing.length) throw new BadInputError(`run without a case also needs --${missing.join(", --")}`);
  const [engineName, componentName, config, weights, inputs] = single.map((name) => options[name] as string);
  const engine = findEngine(engineName);
  const component = componentOf(engine, componentName) ?? findComponent(engine, componentName);
  const values = readInputs(openTensorFile(await nodeFiles.read(inputs), inputs), component.inputs, note);
  return {
    engine: engine.name,
    component: component.name,
    config: parseJson(await nodeFiles.read(config), config),
    weights: { kind: "file", file: await openWeights(nodeFiles, weights) },
    sizes: ofFile(inputs, () => sizesOfInputs(component, values)),
    inputs: values,
  };
}

function jobOf({ engine, component, config, weights, sizes, inputs }: GoldenCase): Job {
  return { engine, component: component.name, config, weights, sizes, inputs };
}

/** A case's name for people: the last part of its path. */
export const caseName = (folder: string): string => path.basename(path.resolve(folder));
