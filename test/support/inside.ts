/**
 * The command line inside the test's own process: what it says and its exit code, without the second that starting one takes. What a
 * process has of its own (signals, full or closed streams, its end) is for `binary.ts`.
 */
import { commandLine } from "../../src/cli/program.ts";
import { type Ended, scratch } from "./binary.ts";

interface CallOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let before: Promise<unknown> = Promise.resolve();

/** Runs `af3-gpu` with arguments in a folder of its own. Folder, environment and streams are the process's: one call at a time. */
export function af3gpu(args: readonly string[], options: CallOptions = {}): Promise<Ended> {
  const called = before.then(() => call(args, options));
  before = called.catch(() => {});
  return called;
}

async function call(args: readonly string[], { cwd = scratch(), env = {} }: CallOptions): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  const { argv, exitCode } = process;
  const [home, variables] = [process.cwd(), { ...process.env }];
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ["stdout", "stderr"] as const)
    process[name].write = ((text: string | Uint8Array, ...[encoding, done = encoding]: unknown[]) => {
      said[name] += typeof text === "string" ? text : Buffer.from(text).toString();
      if (typeof done === "function") done();
      return true;
    }) as typeof process.stdout.write;
  process.argv = [process.execPath, "af3-gpu", ...args];
  Object.assign(process.env, env); // itself, since drivers read it past JavaScript
  process.exitCode = undefined;
  process.chdir(cwd);
  try {
    return { code: await commandLine(args), ...said };
  } finally {
    process.chdir(home);
    Object.assign(process, { argv, exitCode });
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, variables);
    for (const name of ["stdout", "stderr"] as const) process[name].write = writes[name];
  }
}
