/** The table that a run of `tune` fills: on disk after every call that has a winner, whatever ends the run. */
import type { JobResult } from "../bench/tune/tuner.ts";
import { type AdapterSummary, displayName } from "../gpu/device/adapter.ts";
import type { AdapterCondition } from "../gpu/plan/target.ts";
import { candidateText } from "../kernels/tune/candidates.ts";
import { merged, type OwnRow, rowsOf, type Tuned } from "../kernels/tune/own_rows.ts";
import { ownTuning, setAside, writeTuning } from "../platform/node/tuning.ts";

export class TableKeeper {
  private readonly adapter: AdapterSummary;
  private readonly older: readonly OwnRow[];
  private readonly found: Tuned[] = [];
  /** The rows that this run found. */
  rows: readonly OwnRow[] = [];

  private constructor(adapter: AdapterSummary, older: readonly OwnRow[]) {
    this.adapter = adapter;
    this.older = older;
  }

  /** Takes over what an older table says; a file that is none is kept under another name. @param tell is told what is left out */
  static async open(adapter: AdapterSummary, tell: (text: string) => void): Promise<TableKeeper> {
    const { rows, notes, kind } = await ownTuning(adapter);
    for (const note of notes) tell(`note: ${note}`);
    if (notes.length && kind === "reviewed") {
      const kept = await setAside(adapter);
      if (kept !== undefined) tell(`note: it is kept as ${kept}`);
    }
    return new TableKeeper(adapter, rows);
  }

  /** Takes note of a call that was timed. What was given up for want of time says nothing. */
  async add(result: JobResult): Promise<void> {
    const { job, incumbent, winner, final, left } = result;
    if (result.problem !== undefined || (left > 0 && !winner)) return;
    const gain =
      final && `${final.ratio.toFixed(3)} ± ${final.error.toFixed(3)} of the time of ${candidateText(incumbent)}`;
    this.found.push({ kernel: job.kernel, call: job.call, winner, ...(winner && gain !== undefined && { gain }) });
    const { description } = this.adapter;
    const name = displayName(this.adapter);
    const on = description && description !== name ? `${name}, ${description}` : name;
    const see = `af3-gpu tune of ${new Date().toISOString().slice(0, 10)}`;
    this.rows = rowsOf(this.found, conditionOf(this.adapter), { kind: "measured", on, see });
    const rows = merged(this.older, this.found, this.rows);
    if (rows.length > 0 || this.older.length > 0) await writeTuning(this.adapter, rows);
  }
}

/** What a reviewed row would be about: the table's own file holds for one adapter and driver anyway. */
function conditionOf({
  vendor,
  architecture,
  software,
  subgroupMinSize,
  subgroupMaxSize,
}: AdapterSummary): AdapterCondition {
  const fixed = subgroupMinSize > 0 && subgroupMinSize === subgroupMaxSize;
  return {
    ...(vendor && { vendor }),
    ...(architecture && { architecture }),
    ...(software && { software, ...(fixed && { subgroupSize: subgroupMinSize }) }),
  };
}
