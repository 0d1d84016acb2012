/** How fast a GPU's clock runs while it is timed: of NVIDIA's, whose driver comes with a command that tells. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { plainName } from "./card_memory.ts";

const EVERY_MS = 100;
/** An answer older than this says nothing of a stretch. */
const RECENT_MS = 10 * EVERY_MS;
/** Answers older than this are forgotten. */
const KEPT_MS = 600_000;

/** A command that goes on saying lines, and how to end it. */
export interface Sayings {
  readonly lines: Readable;
  readonly end: () => void;
}

/** The driver's command, asked for every card's clock ten times a second. It keeps no process alive, and ends with this one. */
function ask(): Sayings {
  const question = ["--query-gpu=index,name,clocks.sm,clocks.max.sm", "--format=csv,noheader,nounits"];
  const child = spawn("nvidia-smi", [...question, `--loop-ms=${EVERY_MS}`], {
    stdio: ["ignore", "pipe", "ignore"],
    windowsHide: true,
  });
  child.on("error", () => {}); // it is not here, and says nothing
  child.unref();
  if ("unref" in child.stdout && typeof child.stdout.unref === "function") child.stdout.unref();
  const kill = (): void => void child.kill();
  process.once("exit", kill);
  return {
    lines: child.stdout,
    end() {
      process.removeListener("exit", kill);
      kill();
    },
  };
}

export interface ClockMeter {
  /**
   * Begins a stretch on a device. What it returns ends the stretch, and says at which share of its highest clock the device was in the middle
   * of it, from 0 to 1; null where there is no telling: of other makers' devices, of cards of which there are several, and where the command
   * is not here or says nothing.
   */
  readonly stretch: (device: string) => () => number | null;
  readonly end: () => void;
}

interface Card {
  readonly index: string;
  readonly at: number;
  readonly share: number;
}

/** A meter of clocks. @param now milliseconds */
export function clockMeter(start: () => Sayings = ask, now: () => number = () => performance.now()): ClockMeter {
  const { lines, end } = start();
  const said = new Map<string, Card[]>();
  // A stream's error is its reader's too; what broke off has said what it had to say.
  const reader = createInterface({ input: lines }).on("error", () => {});
  lines.on("error", () => {});
  reader.on("line", (line) => {
    const [, index, name, clock, most] = /^\s*(\d+)\s*,\s*(.+?)\s*,\s*(\d+)\s*,\s*(\d+)\s*$/.exec(line) ?? [];
    if (most === undefined || Number(most) === 0) return;
    const known = said.get(plainName(name)) ?? [];
    const kept = known.filter(({ at }) => at > now() - KEPT_MS);
    said.set(plainName(name), [...kept, { index, at: now(), share: Math.min(1, Number(clock) / Number(most)) }]);
  });
  const stretch = (device: string) => {
    const begin = now();
    return (): number | null => {
      const all = said.get(plainName(device)) ?? [];
      // Which of several computes is not known.
      if (new Set(all.map(({ index }) => index)).size !== 1) return null;
      const within = all.filter(({ at }) => at >= begin);
      const recent = within.length > 0 ? within : all.slice(-1).filter(({ at }) => at >= now() - RECENT_MS);
      const shares = recent.map(({ share }) => share).sort((a, b) => a - b);
      return shares[Math.floor(shares.length / 2)] ?? null;
    };
  };
  return { stretch, end };
}
