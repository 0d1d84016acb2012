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

/** Which of several runs it is that take turns, counted from 0, and what it is called among them. */
export interface Turn {
  readonly at: number;
  readonly of: number;
  readonly name: string;
}

export const ALONE: Turn = { at: 0, of: 1, name: "" };

const named = (doing: string, { name }: Turn): string => (name ? `${doing}, ${name}` : doing);

/**
 * Where a share of a turn's compiling and first run lies. Those of all turns but the last are within the phase of compiling, since
 * phases follow each other and the next one compiles again.
 */
function beginning(phase: "compile" | "first", through: number, { at, of }: Turn): number {
  const last = at === of - 1;
  if (phase === "first" && last) return PHASES.first + through * (PHASES.check - PHASES.first);
  const [compiling, first] = last ? [1, 0] : [COMPILING, 1 - COMPILING];
  const own = phase === "compile" ? compiling * through : compiling + first * through;
  return PHASES.compile + ((at + own) / of) * (PHASES.first - PHASES.compile);
}

/** How far loading is. @param load undefined before the first pipeline has been asked for */
export function loadingOf(load: LoadProgress | undefined, turn: Turn = ALONE): Progress {
  if (!load) return { doing: named("Compiling shaders", turn), share: beginning("compile", 0, turn) };
  const { stage, done, total } = load;
  const part = total > 0 ? done / total : 1;
  const through = stage === "compiling" ? COMPILING * part : COMPILING + (1 - COMPILING) * part;
  const doing = stage === "compiling" ? `Compiling shaders: ${done} of ${total}` : "Uploading weights";
  return { doing: named(doing, turn), share: beginning("compile", through, turn) };
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
  progress({ phase, pass = 1, run }: BenchProgress, turn: Turn = ALONE): Progress | undefined {
    if (phase === "first run")
      return this.within(named("First run", turn), (through) => beginning("first", through, turn), run);
    if (phase !== "pass") return undefined;
    const width = (this.begins(2) - this.begins(1)) / turn.of;
    const from = this.begins(pass) + turn.at * width;
    return this.within(named(`Pass ${pass} of ${this.passes}`, turn), (through) => from + width * through, run);
  }

  /** Where a round of passes begins in the progress of the whole. */
  begins(pass: number): number {
    return PHASES.passes + ((pass - 1) * (PHASES.steps - PHASES.passes)) / this.passes;
  }

  private within(doing: string, share: (through: number) => number, at: RunProgress | undefined): Progress {
    if (!at) return { doing, share: share(0) };
    const block = this.blocks.indexOf(blockOf(at.label));
    return { doing: `${doing}: ${wordsOf(at.label)}`, share: share(at.share), block };
  }
}
