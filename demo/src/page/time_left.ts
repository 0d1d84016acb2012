/** How long a run still takes: from how far its phases are, and what they usually take beside each other. */
import { PHASES, type Phase, phaseAt } from "../shared/phases.ts";

/** Seconds by phase of a small run on a software adapter. Only their ratios count, until a run has been measured. */
const USUAL: Readonly<Record<Phase, number>> = {
  compile: 17,
  first: 2.5,
  check: 4.5,
  passes: 7,
  steps: 4,
  figures: 0.3,
};

const order = Object.keys(PHASES) as Phase[];

/** A phase that is less far has told nothing yet. */
const TOLD = 0.02;

export class TimeLeft {
  private readonly now: () => number;
  /** What a run of these choices took, by phase, once one has ended. */
  private readonly known = new Map<string, Readonly<Record<Phase, number>>>();
  private choices = "";
  private began: Partial<Record<Phase, number>> = {};
  private phase: Phase = "compile";
  private through = 0;
  private paused: number | undefined;

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** A run begins. @param choices what runs that take equally long have in common */
  begin(choices: string): void {
    this.choices = choices;
    this.began = { compile: this.now() };
    this.phase = "compile";
    this.through = 0;
    this.paused = undefined;
  }

  /** The run is so far. */
  reached(share: number): void {
    const { phase, through } = phaseAt(share);
    if (phase !== this.phase) this.began[phase] = this.now();
    this.phase = phase;
    this.through = through;
  }

  /** The run waits, as in a tab in the background: the clock stands still. */
  pause(): void {
    this.paused ??= this.now();
  }

  resume(): void {
    if (this.paused === undefined) return;
    const gone = this.now() - this.paused;
    for (const phase of order) if (this.began[phase] !== undefined) this.began[phase] += gone;
    this.paused = undefined;
  }

  /** The run has ended as it should: the next of its kind is known. */
  done(): void {
    const end = this.now();
    const taken = { ...USUAL };
    order.forEach((phase, at) => {
      const from = this.began[phase];
      const to =
        order
          .slice(at + 1)
          .map((later) => this.began[later])
          .find((time) => time !== undefined) ?? end;
      taken[phase] = from === undefined ? 0 : to - from;
    });
    this.known.set(this.choices, taken);
  }

  /** Milliseconds that are left; undefined as long as nothing tells. */
  left(): number | undefined {
    const usual = this.known.get(this.choices) ?? USUAL;
    const here = order.indexOf(this.phase);
    const elapsed = (this.paused ?? this.now()) - (this.began[this.phase] ?? 0);
    const scale = this.scale(usual, elapsed);
    if (scale === undefined) return undefined;
    const expected = usual[this.phase] * scale;
    const rest = this.through > TOLD ? (elapsed * (1 - this.through)) / this.through : Math.max(0, expected - elapsed);
    return order.slice(here + 1).reduce((sum, phase) => sum + usual[phase] * scale, rest);
  }

  /** How many times as long as usual this run takes, by what of it is done. */
  private scale(usual: Readonly<Record<Phase, number>>, elapsed: number): number | undefined {
    const here = order.indexOf(this.phase);
    if (here === 0 && this.through <= TOLD) return this.known.has(this.choices) ? 1 : undefined;
    const before = order.slice(0, here);
    const start = this.began.compile ?? 0;
    const spent = (this.began[this.phase] ?? 0) - start + (this.through > TOLD ? elapsed : 0);
    const expected =
      before.reduce((sum, phase) => sum + usual[phase], 0) +
      (this.through > TOLD ? usual[this.phase] * this.through : 0);
    return expected > 0 ? spent / expected : undefined;
  }
}

/** Milliseconds as an estimate, for people. */
export function estimateText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 5) return "a few seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 90) return "about a minute left";
  return `about ${Math.round(seconds / 60)} minutes left`;
}
