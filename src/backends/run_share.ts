/** What of a run's work is done, over all sections and however often each of them runs. */
import { type ConfiguredComponent, runsOf } from "../engines/core/component.ts";
import type { Plan, Section } from "../gpu/plan/plan.ts";
import { workOf } from "../gpu/run/submissions.ts";

export class RunShare {
  /** Of one run of a section, by its name. */
  private readonly work: ReadonlyMap<string, number>;
  private readonly total: number;

  constructor(configured: ConfiguredComponent, { steps, sections }: Pick<Plan, "steps" | "sections">) {
    const workIn = ({ first, end }: Section): number =>
      steps.slice(first, end).reduce((sum, { cost }) => sum + workOf(cost), 0);
    this.work = new Map(sections.map((section) => [section.name, workIn(section)]));
    this.total = [...this.work].reduce((sum, [name, work]) => sum + work * runsOf(configured, name), 0);
  }

  /**
   * A run of the component begins.
   * @returns to be called for each section in the order of their runs; what that returns makes a part of the section, from 0 to 1, a
   * part of the whole. It may be called while later sections are handed to the device
   */
  begin(): (section: string) => (part: number) => number {
    let done = 0;
    return (section) => {
      const [before, own] = [done, this.work.get(section) ?? 0];
      done += own;
      return (part) => (this.total > 0 ? Math.min(1, (before + part * own) / this.total) : 1);
    };
  }
}
