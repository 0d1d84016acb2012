/** From what the benchmark tells to the progress of the whole, with the block of the network that runs. */
import type { LoadProgress, RunProgress, WebGpuRunner } from "af3-gpu";
import type { BenchProgress } from "af3-gpu/bench";
import { PHASES } from "../shared/phases.ts";
import type { Progress } from "../shared/protocol.ts";

/** Up to a block of the network: what the progress bar has a piece for. */
const blockOf = (label: string): string =>
  /^(.*?(?:msa|pairformer|template)[^/]*\/(?:.*?\/)?block \d+)\//.exec(label)?.[1] ??
  label.split("/").slice(0, 2).join("/");

/** A label without the kernel at its end. */
const wordsOf = (label: string): string => label.split("/").slice(0, -1).join(" › ");

/** What of loading is compiling: weights of this size are uploaded in no time. */
const COMPILING = 0.95;

/** How far loading is. @param load undefined before the first pipeline has been asked for */
export function loadingOf(load: LoadProgress | undefined): Progress {
  if (!load) return { doing: "Compiling shaders", share: PHASES.compile };
  const { stage, done, total } = load;
  const part = total > 0 ? done / total : 1;
  const through = stage === "compiling" ? COMPILING * part : COMPILING + (1 - COMPILING) * part;
  const doing = stage === "compiling" ? `Compiling shaders: ${done} of ${total}` : "Uploading weights";
  return { doing, share: PHASES.compile + through * (PHASES.first - PHASES.compile) };
}

export class Follower {
  /** The blocks of the network, by name. */
  readonly blocks: readonly string[];
  private readonly passes: number;

  constructor({ sections }: Pick<WebGpuRunner, "sections">, passes: number) {
    this.blocks = [...new Set(sections.flatMap(({ steps }) => steps.map(({ label }) => blockOf(label))))];
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
    if (!at) return { doing: phase, share: from };
    const share = from + (to - from) * at.share;
    return { doing: `${phase}: ${wordsOf(at.label)}`, share, block: this.blocks.indexOf(blockOf(at.label)) };
  }
}
