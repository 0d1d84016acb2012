#!/usr/bin/env node
/** The command `af3-gpu`: runs the program (main.ts) in a process of its own, which can be ended whatever it does. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { noiseFilter } from "./noise.ts";
import {
  exitCodes,
  GRACE_MS,
  type OverMessage,
  STDERR_FD,
  STOPPED,
  type StopMessage,
  type StopSignal,
  SUPERVISED,
  stopSignals,
  type TemporaryMessage,
} from "./supervised.ts";

const program = fileURLToPath(new URL("main.js", import.meta.url));

/** How long a process that the program is about to start may take to have a group that can be ended. */
const STARTING_MS = 300;
const A_MOMENT_MS = 10;

/** After the program's end, something that it started may still hold its stderr open. */
const LAST_WORDS_MS = 200;

function start(): void {
  const stdio: ("inherit" | "pipe" | "ipc" | number)[] = ["inherit", "inherit", "pipe"];
  stdio[STDERR_FD] = 2;
  const child = spawn(process.execPath, [...process.execArgv, program, ...process.argv.slice(2)], {
    stdio: [...stdio, "ipc"],
    env: { ...process.env, [SUPERVISED]: "1" },
  });
  const [files, groups] = [new Set<string>(), new Set<number>()];
  let stopped: StopSignal | undefined;
  let starting = false;
  const kill = (patience = STARTING_MS): void => {
    if (starting && patience > 0) return void setTimeout(kill, A_MOMENT_MS, patience - A_MOMENT_MS);
    child.kill("SIGKILL");
    setTimeout(end, LAST_WORDS_MS); // the system may take its time to take apart what drivers have built
  };
  const ask = (signal: StopSignal): void => {
    if (stopped) return void setTimeout(kill, A_MOMENT_MS); // asked twice: once what the program has said is read
    stopped = signal;
    child.send({ stop: signal } satisfies StopMessage, () => {}); // it may have ended just now
    setTimeout(kill, GRACE_MS).unref();
  };
  for (const signal of stopSignals) process.on(signal, ask);
  // A sweep that has started it by a channel is gone, killed perhaps: nobody waits for this any more.
  if (process.connected) process.on("disconnect", () => ask("SIGTERM"));
  child.on("message", (message: TemporaryMessage | OverMessage) => {
    if ("over" in message) return kill();
    const { temporary, there } = message;
    if (typeof temporary === "string") files[there ? "add" : "delete"](temporary);
    else if (temporary.group === "starting") starting = there;
    else groups[there ? "add" : "delete"](temporary.group);
  });
  const lines = stderrLines(child.stderr);
  child.on("error", (error) => {
    lines.end();
    say(`af3-gpu: cannot start: ${error.message}`);
    process.exit(1);
  });
  const end = (code: number | null = null, signal: NodeJS.Signals | null = null): void => {
    lines.end();
    for (const group of groups) endGroup(group);
    for (const file of files) rmSync(file, { recursive: true, force: true });
    if (stopped) {
      say(STOPPED);
      process.exit(exitCodes[stopped]);
    }
    if (signal) say(`af3-gpu: the program was ended by ${signal}: ${causeOf(signal)}`);
    process.exit(signal ? 128 + os.constants.signals[signal] : (code ?? 1));
  };
  child.on("exit", (code, signal) => {
    child.stderr?.on("end", () => end(code, signal));
    setTimeout(end, LAST_WORDS_MS, code, signal);
  });
}

/** Ends a process with all that it has started. */
function endGroup(group: number): void {
  try {
    process.kill(process.platform === "win32" ? group : -group, "SIGKILL");
  } catch {} // it has ended by itself
}

const causeOf = (signal: NodeJS.Signals): string =>
  signal === "SIGKILL"
    ? "somebody has killed it, or the machine was short of memory; choose a smaller --seq-len"
    : "perhaps by the graphics driver; update it, or choose another adapter with --device";

/** Passes on what the program and the libraries in it say, but for what is known to mean nothing to anybody. */
function stderrLines(from: NodeJS.ReadableStream | null): { end(): void } {
  let rest = "";
  const isNoise = noiseFilter();
  const pass = (text: string): void => {
    if (text !== "" && !isNoise(text)) process.stderr.write(text);
  };
  from?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split(/(?<=[\r\n])/);
    rest = /[\r\n]$/.test(lines.at(-1) ?? "\n") ? "" : (lines.pop() as string);
    for (const line of lines) pass(line);
  });
  return {
    end() {
      pass(rest);
      rest = "";
    },
  };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

process.stderr.on("error", () => {}); // nobody left to tell
// A debugger wants the program itself, and has one port.
if (process.execArgv.some((argument) => argument.startsWith("--inspect"))) await import("./main.ts");
else start();
