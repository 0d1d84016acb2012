// Runs stages one after the other within a budget, and keeps in one folder what each did: a second start goes on where the first
// stopped, and no stage that fails ends the day.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Problem } from "../bundle/problem.mjs";

/** @typedef {import("./stages.mjs").Stage} Stage */

/**
 * @typedef {object} Done what became of a stage
 * @property {"done" | "failed" | "out of time" | "skipped" | "running"} status
 * @property {readonly string[]} command
 * @property {number | null} exit the exit code
 * @property {number} seconds
 * @property {string} [reason] why it was skipped, or what it said last
 * @property {readonly string[]} files in the folder
 */

/** @typedef {{ schema: string, settings: Record<string, unknown>, about: Record<string, unknown>, started: string, stages: Record<string, Done> }} State */

/**
 * @typedef {object} Ended of a process
 * @property {number | null} code
 * @property {boolean} late whether it was ended for its time
 * @property {string} last the last line that it said on stderr
 * @property {boolean} [absent] whether there is no such program
 */

/** @typedef {{ out: string, log: string, limit: number, env: Readonly<Record<string, string>> }} RunOptions limit in milliseconds */
/** Runs a process with its stdout and stderr in files. @typedef {(command: readonly string[], options: RunOptions) => Promise<Ended>} Run */

const SCHEMA = "af3-gpu-day/1";
export const STATE = "gpu-day.json";

/** A stage that has less than this to go is not begun, in seconds. */
const LEAST = 2;
/** A row of a benchmark gets this part of the stage's time: it is loaded and checked, too, and the process starts. */
const ROWS_PART = 0.6;
/** `tune` ends by itself a little before its time. */
const TUNE_PART = 0.75;

export class Day {
  /**
   * Opens a folder, or makes it.
   * @param {{ folder: string, settings: Record<string, unknown>, about: Record<string, unknown>, minutes: number, restart: boolean, af3gpu: readonly string[], run: Run, now: () => number, say: (line: string) => void }} options
   *   settings: what a second start must have in common; af3gpu: how the command line is started; now: milliseconds
   * @throws {Problem} if the folder cannot be written, or holds a day of other settings
   */
  constructor({ folder, settings, about, minutes, restart, af3gpu, run, now, say }) {
    this.folder = folder;
    this.af3gpu = af3gpu;
    this.run = run;
    this.now = now;
    this.say = say;
    this.end = now() + 60_000 * minutes;
    this.stopped = false;
    try {
      mkdirSync(folder, { recursive: true });
      /** @type {State} */
      this.state = {
        schema: SCHEMA,
        settings,
        about,
        started: new Date().toISOString(),
        stages: restart ? {} : this.#before(settings),
      };
      this.#save();
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem(2, `cannot write to the folder ${folder}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** What an earlier start has done. @param {Record<string, unknown>} settings @returns {Record<string, Done>} */
  #before(settings) {
    const file = path.join(this.folder, STATE);
    if (!existsSync(file)) return {};
    /** @type {Partial<State>} */
    let state;
    try {
      state = JSON.parse(readFileSync(file, "utf8"));
    } catch {
      throw new Problem(2, `${file} is no JSON: --restart begins anew, --out names another folder`);
    }
    if (state?.schema !== SCHEMA || typeof state.stages !== "object" || state.stages === null)
      throw new Problem(
        2,
        `${file} is of no day that this version knows: --restart begins anew, --out names another folder`,
      );
    if (JSON.stringify(state.settings) !== JSON.stringify(settings))
      throw new Problem(
        2,
        `${this.folder} holds a day with other options: --restart begins anew, --out names another folder`,
      );
    return state.stages;
  }

  /** By rename: whoever reads it, or ends the process meanwhile, has a whole one. */
  #save() {
    const file = path.join(this.folder, STATE);
    writeFileSync(`${file}.tmp`, `${JSON.stringify(this.state, null, 2)}\n`);
    renameSync(`${file}.tmp`, file);
  }

  /** Whether an earlier start has finished a stage for good. @param {Stage} stage */
  #finished({ name, always = false }) {
    return !always && this.state.stages[name]?.status === "done";
  }

  /** Runs stages within what is left. @param {readonly Stage[]} stages @param {number} [behind] weight of what comes after them */
  async through(stages, behind = 0) {
    for (const [index, stage] of stages.entries()) {
      if (this.stopped) return;
      if (this.#finished(stage)) {
        this.say(`${stage.name}: done by an earlier start`);
        continue;
      }
      const ahead = stages.slice(index).filter((one) => one.skip === undefined && !this.#finished(one));
      const weights = ahead.reduce((sum, { weight }) => sum + weight, behind);
      const left = this.end - this.now();
      const part = (left * stage.weight) / Math.max(weights, stage.weight);
      await this.#stage(stage, Math.min(left, Math.max(part, 1000 * (stage.least ?? 0))));
    }
  }

  /** @param {Stage} stage @param {number} limit milliseconds */
  async #stage(stage, limit) {
    const { name, skip, output, result = [], env = {} } = stage;
    const seconds = limit / 1000;
    if (skip !== undefined || seconds < LEAST) {
      const reason = skip ?? "no time was left; another start goes on with it";
      return this.#note(name, {
        status: skip === undefined ? "out of time" : "skipped",
        command: [],
        exit: null,
        seconds: 0,
        reason,
        files: [],
      });
    }
    const files = [`${name}.${output}`, `${name}.log`];
    const command = [...(stage.program === undefined ? this.af3gpu : [stage.program]), ...filled(stage, seconds)];
    const [out, log] = files.map((file) => path.join(this.folder, file));
    for (const file of [...files, ...result]) rmSync(path.join(this.folder, file), { force: true });
    this.state.stages[name] = { status: "running", command, exit: null, seconds: 0, files };
    this.#save();
    this.say(`${name}: ${Math.round(seconds)} s at most`);
    const start = this.now();
    const { code, late, last, absent } = await this.run(command, { out, log, limit, env });
    const took = Math.round((this.now() - start) / 100) / 10;
    if (absent) {
      for (const file of files) rmSync(path.join(this.folder, file), { force: true });
      return this.#note(name, {
        status: "skipped",
        command,
        exit: null,
        seconds: took,
        reason: `there is no ${command[0]} here`,
        files: [],
      });
    }
    const status = late || this.stopped ? "out of time" : code === 0 ? "done" : "failed";
    const kept = [...files, ...result].filter((file) => existsSync(path.join(this.folder, file)));
    const reason = status === "done" ? {} : { reason: this.stopped ? "stopped" : last || "it said nothing" };
    this.#note(name, { status, command, exit: code, seconds: took, ...reason, files: kept });
  }

  /** @param {string} name @param {Done} done */
  #note(name, done) {
    this.state.stages[name] = done;
    this.#save();
    this.say(
      `${name}: ${done.status}${done.seconds ? ` after ${done.seconds} s` : ""}${done.reason ? `: ${done.reason}` : ""}`,
    );
  }

  /** What a stage printed as JSON; undefined if it did not. @param {string} name */
  printed(name) {
    try {
      return JSON.parse(readFileSync(path.join(this.folder, `${name}.json`), "utf8"));
    } catch {
      return undefined;
    }
  }
}

/** A stage's arguments with its time. @param {Stage} stage @param {number} seconds */
function filled({ args, rows = 1 }, seconds) {
  const row = Math.max(0.5, (ROWS_PART * seconds) / rows).toFixed(1);
  const minutes = Math.max(0.01, (TUNE_PART * seconds) / 60).toFixed(2);
  return args.map((text) => text.replace("{row}", row).replace("{minutes}", minutes));
}
