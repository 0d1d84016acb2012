/** The command line: verbs, and how errors become sentences and exit codes. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { BadInputError, CancelledError, messageOf, UnavailableError } from "../errors.ts";
import { version } from "../generated/about.ts";
import { changedSince } from "../platform/node/build_age.ts";
import { packageFolder } from "../platform/node/folders.ts";
import { visible } from "../words.ts";
import { alignCommand } from "./align.ts";
import { benchCommand } from "./bench.ts";
import { cacheCommand } from "./cache.ts";
import { compareCommand } from "./compare.ts";
import { stop, stoppedCode } from "./context.ts";
import { demoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand } from "./export.ts";
import { featuresCommand } from "./features.ts";
import { plainHelp, withHelpVerb } from "./help.ts";
import { kernelsCommand } from "./kernels.ts";
import { remark } from "./output.ts";
import { planCommand } from "./plan.ts";
import { predictCommand } from "./predict/command.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { scoreCommand } from "./score.ts";
import { outputEnd, write } from "./stdout.ts";
import { STOPPED, supervised } from "./supervised.ts";
import { sweepCommand } from "./sweep/command.ts";
import { tuneCommand } from "./tune.ts";
import { verifyCommand } from "./verify.ts";
import { weightsCommand } from "./weights.ts";

const EXIT = { done: 0, failed: 1, badInput: 2, unavailable: 3 } as const;

const EXAMPLE = `
Examples:
  af3-gpu doctor        what is here, and whether its numbers are right
  af3-gpu bench         time all engines
  af3-gpu help bench    the same as af3-gpu bench --help

Exit codes: 0 done, 1 a check failed, 2 bad input, 3 cannot run here (the message says what helps), 130 stopped by Ctrl-C
(143 by SIGTERM, 129 by SIGHUP).`;

function program(): Command {
  const root = new Command("af3-gpu")
    .description(
      "AlphaFold 3 networks on WebGPU: hand-written kernels, exact to three public implementations, timed honestly",
    )
    .version(version)
    .showSuggestionAfterError(true)
    .helpCommand("help [verb]", "what a verb does, and its options")
    .addHelpText("after", EXAMPLE);
  const verbs = [
    benchCommand(),
    runCommand(),
    verifyCommand(),
    kernelsCommand(),
    sweepCommand(),
    compareCommand(),
    reportCommand(),
    tuneCommand(),
    doctorCommand(),
    cacheCommand(),
    planCommand(),
    weightsCommand(),
    alignCommand(),
    featuresCommand(),
    predictCommand(),
    scoreCommand(),
    exportCommand(),
    demoCommand(),
  ];
  for (const verb of verbs) root.addCommand(verb);
  root.hook("preAction", refuseLostFolder);
  // Commander's own messages go through exitCodeOf, one sentence each.
  for (const command of [root, ...verbs, ...verbs.flatMap(({ commands }) => commands)])
    plainHelp(command)
      .exitOverride()
      .configureOutput({ writeOut: write, outputError: () => {} });
  return root;
}

/** Says what went wrong and finds the exit code. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    if (error.code === "commander.help") return EXIT.badInput; // called without a verb: the help has been printed
    remark(`af3-gpu: ${visible(error.message.replace(/^error: /, "").replace(/\n(?=\(Did you mean )/, " "))}`);
    return EXIT.badInput;
  }
  if (error instanceof CancelledError || stop.signal.aborted) {
    if (!supervised) remark(STOPPED); // the starter says it, which may have to end us first
    return stoppedCode();
  }
  if (error instanceof BadInputError) {
    remark(`af3-gpu: ${visible(error.message)}`);
    return EXIT.badInput;
  }
  if (error instanceof UnavailableError) {
    remark(`af3-gpu: ${visible(error.message)}. To fix it: ${error.fix}`);
    return EXIT.unavailable;
  }
  remark(`af3-gpu: ${messageOf(error)}`);
  if (process.env.AF3_GPU_DEBUG && error instanceof Error) remark(error.stack ?? "");
  return EXIT.failed;
}

/** A process may outlive its working folder; no path means anything then. @throws {BadInputError} */
function refuseLostFolder(): void {
  try {
    process.cwd();
  } catch {
    throw new BadInputError("the working folder is not there any more: change to another one");
  }
}

/** In a checkout, what runs is what the sources say. @throws {UnavailableError} if they changed after the build */
function refuseOldBuild(): void {
  if (!fileURLToPath(import.meta.url).startsWith(path.join(packageFolder, "dist", path.sep))) return;
  const changed = changedSince(packageFolder);
  if (changed) throw new UnavailableError(`${changed} changed after dist was built`, "npm run build");
}

/** Runs the verb that the arguments name. What could not be printed goes before whatever that led to. @returns the exit code */
export async function commandLine(args: readonly string[]): Promise<number> {
  let thrown: { readonly error: unknown } | undefined;
  try {
    refuseOldBuild();
    const root = program();
    const verbs = root.commands.map((verb) => verb.name());
    await root.parseAsync(withHelpVerb(args, verbs), { from: "user" });
  } catch (error) {
    thrown = { error };
  }
  const end = await outputEnd();
  if (end === "closed") return EXIT.done;
  if (end !== "whole") {
    remark(`af3-gpu: ${end.failed}`);
    return EXIT.badInput;
  }
  // A verb that has found something wrong and goes on printing says so by the process's exit code.
  return thrown ? exitCodeOf(thrown.error) : Number(process.exitCode ?? EXIT.done);
}
