// A sweep whose cases are quick and compute nothing, in a process that can be killed: `node sweep_worker.mjs FOLDER`. It prints a
// line when it is through.
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { blankRow } from "../../dist/bench/core/row.js";
import { jsonLine } from "../../dist/bench/core/row_text.js";
import { SweepFolder } from "../../dist/bench/sweep/folder.js";
import { casesOf } from "../../dist/bench/sweep/grid.js";
import { runCases } from "../../dist/bench/sweep/run.js";

/** @param {string} option @param {string[]} settings */
const axis = (option, settings) => ({ option, values: settings.map((setting) => ({ setting, identity: setting })) });
const cases = casesOf([axis("seq-len", ["8", "16", "24", "32"]), axis("seed", ["0", "1", "2"])], [], "the worker");

/** @param {import("../../dist/bench/sweep/grid.js").SweepCase} one @param {number} pass_index */
const rowOf = ({ settings }, pass_index) =>
  blankRow({
    ...{ engine: "ligo", seq_len: Number(settings.get("seq-len")), device: "", notes: "", cpu_brand: "", pass_index },
    ...{ backend: "webgpu", mode: "trunk", component: "trunk", preset: "tiny", precision: "f32", weights: "random" },
    ...{ features: "synthetic", seed: Number(settings.get("seed")), software: true, variant: "", versions: {} },
  });

const folder = await SweepFolder.open(process.argv[2], {});
const unlock = folder.lock();
const work = {
  rowsOf: () => [],
  /** Row by row, as bench does. @param {any} one @param {string} at */
  async run(one, at) {
    const results = path.join(at, "now");
    mkdirSync(results);
    for (const pass of [0, 1, 2]) {
      await wait(4);
      appendFileSync(path.join(results, "ligo.jsonl"), jsonLine(rowOf(one, pass)));
    }
    return { outcome: /** @type {const} */ ("done"), error: null, seconds: 0, peakBytes: null, results };
  },
};
await runCases(cases, folder, work, { failed: false }, {});
await folder.writeSummary(cases.map(({ key }) => key));
unlock();
console.log("through");
