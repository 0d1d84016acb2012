/** Adds up what the sections of a component take while they run one after the other. */
import type { RunTimes, SectionTimes } from "./backend.ts";

/** The clocks of one run of one section, in milliseconds. */
type Clocks = Pick<RunTimes, "execute" | "gpu">;

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;

export class SectionClocks {
  private readonly sections: readonly string[];
  private readonly runs = new Map<string, number>();
  private readonly clocks = new Map<string, Clocks>();

  /** @param sections their names in order; the only one may have none */
  constructor(sections: readonly string[]) {
    this.sections = sections;
  }

  /** A section's run has ended. */
  end(section: string | undefined, { execute, gpu }: Clocks): void {
    const name = section ?? this.sections[0];
    this.runs.set(name, (this.runs.get(name) ?? 0) + 1);
    const before = this.clocks.get(name) ?? { execute: 0, gpu: 0 };
    this.clocks.set(name, { execute: before.execute + execute, gpu: sum(before.gpu, gpu) });
  }

  /** The sums so far; GPU time only where every run had one. */
  times(): Omit<RunTimes, "elapsed"> {
    const sections: SectionTimes[] = this.sections.map((name) => {
      const clocks = this.clocks.get(name) ?? { execute: 0, gpu: 0 };
      return { name, runs: this.runs.get(name) ?? 0, ...clocks };
    });
    return {
      execute: sections.reduce((total, { execute }) => total + execute, 0),
      gpu: sections.reduce<number | undefined>((total, { gpu }) => sum(total, gpu), 0),
      sections,
    };
  }
}
