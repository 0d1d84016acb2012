/** `af3-gpu verify`: runs golden cases and compares with what the real repositories answered. */
import { Command } from "commander";
import { progressText } from "../bench/bench.ts";
import type { RunProgress } from "../engines/backends/backend.ts";
import type { WebGpuBackend } from "../engines/backends/webgpu.ts";
import { compareCase, type OutputComparison, readCase, readExpected } from "../engines/cases.ts";
import { throwIfAborted } from "../errors.ts";
import { displayName } from "../gpu/adapter.ts";
import { findCases, shippedFolder } from "../platform/node/cases.ts";
import { nodeFiles } from "../platform/node/files.ts";
import { stop, withWebGpu } from "./context.ts";
import * as option from "./options.ts";
import { noteOnce, print, progress, table } from "./output.ts";
import { caseName } from "./run.ts";

interface VerifyOptions {
  readonly device: string;
  readonly json?: boolean;
}

interface Verified {
  readonly name: string;
  readonly results: readonly OutputComparison[];
}

const EXAMPLE = `
Examples:
  af3-gpu verify                                    the cases that ship with the package
  af3-gpu verify my-cases --device swiftshader      every case below a folder`;

export const verifyCommand = (): Command =>
  new Command("verify")
    .description("run golden cases and compare with their recorded outputs; exits with 1 if one is off")
    .argument("[cases...]", "folders of cases, or folders that hold some; without any, the shipped cases")
    .option("--backend <name>", "who runs them", option.backends)
    .option("--device <name>", "auto, cpu, cuda, mps, swiftshader, or part of an adapter's name", "auto")
    .option("--precision <mode>", "f32", option.precision)
    .option("--json", "print the comparison as JSON")
    .addHelpText("after", EXAMPLE)
    .action(verify);

async function verify(given: readonly string[], options: VerifyOptions): Promise<void> {
  const folders = (await Promise.all((given.length ? given : [shippedFolder]).map(findCases))).flat();
  const steps = progress();
  const verified: Verified[] = [];
  let device = "";
  try {
    await withWebGpu(options.device, async (backend) => {
      device = displayName((await backend.device()).adapter);
      for (const folder of folders) {
        throwIfAborted(stop.signal);
        const name = caseName(folder);
        steps.doing(name);
        const results = await verifyCase(backend, folder, (text) => steps.doing(`${name}: ${text}`));
        verified.push({ name, results });
        const failed = results.filter(({ passed }) => !passed);
        steps.done(`${failed.length ? "FAILED" : "passed"} ${name}`);
      }
    });
  } finally {
    steps.stop();
  }
  report(verified, device, options.json === true);
}

async function verifyCase(
  backend: WebGpuBackend,
  folder: string,
  doing: (text: string) => void,
): Promise<OutputComparison[]> {
  const golden = await readCase(nodeFiles, folder);
  const expected = await readExpected(nodeFiles, golden);
  const { engine, component, config, weights, sizes, inputs } = golden;
  const note = noteOnce();
  const request = { engine, component: component.name, config, weights, sizes, signal: stop.signal };
  const runner = await backend.load({ ...request, note: (text) => note(`${caseName(folder)}: ${text}`) });
  try {
    const progress = (done: RunProgress): void => doing(progressText(done));
    return compareCase(golden, expected, await runner.run(inputs, { signal: stop.signal, progress }));
  } finally {
    await runner.dispose();
  }
}

function report(verified: readonly Verified[], device: string, json: boolean): void {
  const failed = verified.filter(({ results }) => results.some(({ passed }) => !passed));
  if (json) print(JSON.stringify({ device, cases: verified }, null, 2));
  else {
    const rows = verified.flatMap(({ name, results }) =>
      results.map(({ output, error, bound, passed, normalisedSquares, count, worst, at }) => [
        passed ? "ok" : "FAILED",
        name,
        output,
        error.toExponential(1),
        bound.toExponential(0),
        normalisedSquares.toExponential(1),
        count,
        `[${at.join(", ")}] ${worst.got.toPrecision(6)} for ${worst.want.toPrecision(6)}`,
      ]),
    );
    print(table(["", "case", "output", ">error", ">bound", ">nmse", ">entries", "worst at"], rows));
    print(`${verified.length - failed.length} of ${verified.length} cases passed on ${device}`);
  }
  if (failed.length) process.exitCode = 1;
}
