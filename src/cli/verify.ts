/** `af3-gpu verify`: runs golden cases and compares with what the real repositories answered. */
import { Command } from "commander";
import type { Backend, DeviceInfo, RunProgress } from "../backends/backend.ts";
import { leastBound, precisionOf } from "../bench/core/agreement.ts";
import { progressText } from "../bench/core/progress.ts";
import type { Suite } from "../bench/suites/suite.ts";
import { compareCase, readCase, readCaseHead, readExpected } from "../engines/core/cases.ts";
import type { OutputComparison } from "../engines/core/comparison.ts";
import { engineNames } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import { roundingCosts } from "../kernels/check/rounding.ts";
import { findCases, shippedCases } from "../platform/node/cases.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { counted } from "../words.ts";
import { type BackendChoice, backendChoice, devicesOf, inPrecisions, webgpuChoice, withBackend } from "./backends.ts";
import { checkBackendUse } from "./bench_uses.ts";
import { stop } from "./context.ts";
import { reportFinished } from "./finished.ts";
import { fittingTable, type Plain } from "./fitting.ts";
import * as option from "./options.ts";
import { noteOnce, print } from "./output.ts";
import { caseName } from "./run.ts";
import { runSuites, suiteChoice } from "./suites.ts";

interface VerifyOptions {
  readonly memoryLimit?: number;
  readonly backend: BackendChoice;
  readonly suite?: readonly Suite[];
  readonly device: string;
  readonly precision?: PrecisionMode;
  readonly diffusionPrecision?: PrecisionMode;
  readonly json?: boolean;
}

interface Verified {
  readonly name: string;
  readonly results: readonly OutputComparison[];
}

const EXAMPLE = `
Examples:
  af3-gpu verify                                    the cases that ship with the package
  af3-gpu verify my-cases --device swiftshader      every case below a folder
  af3-gpu verify --precision mixed                  the same in mixed precision, by its own bounds (docs/precision.md)
  af3-gpu verify --suite all                        other projects' shapes, inputs and tolerances`;

export const verifyCommand = (): Command =>
  new Command("verify")
    .description("run golden cases and compare with their recorded outputs; exits with 1 if one is off")
    .argument(
      "[cases...]",
      "folders of cases or folders that hold some, or names of shipped cases; without any, all of those",
    )
    .option("--backend <name>", "who runs them, such as native or onnx-cpu", backendChoice, webgpuChoice)
    .option("--suite <name>", "another project's checks in place of cases: trimul, attention or all", suiteChoice)
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", option.device, "auto")
    .option("--memory-limit <size>", "what may be held on the device, such as 2GiB", option.size("--memory-limit"))
    .option("--precision <mode>", "f32 (default) or mixed: weights and operands as halves", option.precision())
    .option(
      "--diffusion-precision <mode>",
      "of the diffusion module, which stays f32 unless this says mixed",
      option.precision("--diffusion-precision"),
    )
    .option("--json", "print the comparison as JSON")
    .addHelpText("after", EXAMPLE)
    .action(verify);

async function verify(given: readonly string[], options: VerifyOptions, command: Command): Promise<void> {
  if (options.suite) return suites(given, options.suite, options);
  const [choice] = inPrecisions([options.backend], options);
  checkBackendUse(command, [choice]);
  const folders = (await Promise.all((given.length ? given : [shippedCases()]).map(findCases))).flat();
  const heads = await Promise.all(folders.map((folder) => readCaseHead(nodeFiles, folder)));
  const engines = engineNames.filter((name) => heads.some(({ engine }) => engine === name));
  await withBackend(choice, options, engines, async (backend) => {
    const used = Object.values(await devicesOf([backend], engines))[0];
    await reportFinished(
      folders,
      async (folder, steps): Promise<Verified> => {
        const name = caseName(folder);
        steps.doing(name);
        const doing = (text: string): void => steps.doing(`${name}: ${text}`);
        const results = await verifyCase(backend, folder, options.memoryLimit, doing);
        steps.done(`${results.every(({ passed }) => passed) ? "passed" : "FAILED"} ${name}`);
        return { name, results };
      },
      (verified) => report(verified, used, precisionOf(choice), options.json === true),
    );
  });
}

async function suites(given: readonly string[], chosen: readonly Suite[], options: VerifyOptions): Promise<void> {
  const { backend, memoryLimit, device, precision, diffusionPrecision, json = false } = options;
  if (given.length > 0) throw new BadInputError("--suite brings its own inputs: leave out the cases");
  if (precision === "mixed" || diffusionPrecision === "mixed")
    throw new BadInputError("--suite has bounds for float32: leave out --precision");
  if (backend.name !== "webgpu" || memoryLimit !== undefined)
    throw new BadInputError("--suite runs single layers of ours: leave out --backend and --memory-limit");
  await runSuites(chosen, { device, seed: 0, json, time: false });
}

async function verifyCase(
  backend: Backend,
  folder: string,
  memoryLimit: number | undefined,
  doing: (text: string) => void,
): Promise<OutputComparison[]> {
  const told = noteOnce();
  const note = (text: string): void => told(`${caseName(folder)}: ${text}`);
  const golden = await readCase(nodeFiles, folder, note);
  const expected = await readExpected(nodeFiles, golden);
  const { engine, component, config, weights, sizes, inputs } = golden;
  const request = { engine, component: component.name, config, weights, sizes, memoryLimit, signal: stop.signal };
  const runner = await backend.load({ ...request, note });
  try {
    const progress = (done: RunProgress): void => doing(progressText(done));
    const outputs = await runner.run(inputs, { signal: stop.signal, progress });
    return compareCase(golden, expected, outputs, leastBound(backend, roundingCosts(caseName(folder))));
  } finally {
    await runner.dispose();
  }
}

const columns: readonly Plain[] = [
  ["", 0],
  ["case", 0, 30],
  ["output", 0, 8],
  [">error", 0],
  [">bound", 1],
  [">nmse", 3],
  [">entries", 4],
  ["worst at", 2, 16],
];

function report(verified: readonly Verified[], used: DeviceInfo | undefined, precision: string, json: boolean): void {
  const device = used?.name ?? "";
  const failed = verified.filter(({ results }) => results.some(({ passed }) => !passed));
  if (json) print(JSON.stringify({ device, precision, tuning: used?.tuning ?? null, cases: verified }, null, 2));
  else {
    const rows = verified.flatMap(({ name, results }) =>
      results.map(({ output, error, bound, passed, normalisedSquares, count, worst, at, reason }) => [
        passed ? "ok" : "FAILED",
        name,
        output,
        error.toExponential(1),
        bound.toExponential(0),
        normalisedSquares.toExponential(1),
        count,
        reason ? "" : `[${at.join(", ")}] ${worst.got.toPrecision(6)} for ${worst.want.toPrecision(6)}`,
      ]),
    );
    print(fittingTable(columns, rows));
    for (const { name, results } of failed)
      for (const { reason } of results) if (reason) print(`FAILED ${name}: ${reason}`);
    const how = precision === "f32" ? "" : ` (${precision})`;
    print(`${verified.length - failed.length} of ${counted(verified.length, "case")} passed on ${device}${how}`);
  }
  if (failed.length) process.exitCode = 1;
}
