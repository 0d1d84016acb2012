/** From what the benchmark tells to the progress of the whole, with the block of the network that runs. */
import type { RunProgress, WebGpuRunner } from "af3-gpu";
import type { BenchProgress } from "af3-gpu/bench";
import { PHASES } from "../shared/phases.ts";
import type { Progress } from "../shared/protocol.ts";

/** Up to a block of the network: what the progress bar has a piece for. */
const blockOf = (label: string): string =>
  /^(.*?(?:msa|pairformer|template)[^/]*\/(?:.*?\/)?block \d+)\//.exec(label)?.[1] ??
  label.split("/").slice(0, 2).join("/");

/** A label without the kernel at its end. */
const wordsOf = (label: string): string => label.split("/").slice(0, -1).join(" › ");

export class Follower {
  /** The blocks of the network, by name. */
  readonly blocks: readonly string[];
  private readonly passes: number;
  private readonly total: number;
  private run: { phase: string; done: number; reached: number; section: string } | undefined;

  constructor({ sections }: Pick<WebGpuRunner, "sections">, passes: number) {
    this.blocks = [...new Set(sections.flatMap(({ steps }) => steps.map(({ label }) => blockOf(label))))];
    this.total = sections.reduce((sum, { runs, steps }) => sum + runs * steps.length, 0);
    this.passes = passes;
  }

  /** What to show; undefined for what the page tells itself. */
  progress({ phase, pass = 1, run }: BenchProgress): Progress | undefined {
    if (phase === "first run") return this.within("First run", PHASES.first, PHASES.check, run);
    if (phase !== "pass") return undefined;
    const [from, width] = [this.begins(pass), (PHASES.steps - PHASES.passes) / this.passes];
    return this.within(`Pass ${pass} of ${this.passes}`, from, from + width, run);
  }

  /** Where a pass begins in the progress of the whole. */
  begins(pass: number): number {
    return PHASES.passes + ((pass - 1) * (PHASES.steps - PHASES.passes)) / this.passes;
  }

  private within(phase: string, from: number, to: number, at: RunProgress | undefined): Progress {
    if (!at) {
      this.run = undefined;
      return { doing: phase, share: from };
    }
    const section = `${at.section} ${at.run}`;
    const run = this.run ?? { phase, done: 0, reached: 0, section };
    const before = run.section === section ? run.reached : 0;
    const done = run.done + at.step - before;
    this.run = { phase, done, reached: at.step, section };
    const share = from + (to - from) * Math.min(1, done / this.total);
    return { doing: `${phase}: ${wordsOf(at.label)}`, share, block: this.blocks.indexOf(blockOf(at.label)) };
  }
}
