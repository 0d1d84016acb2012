/** What of a run's work is done, over all sections and however often each of them runs. */
import { type ConfiguredComponent, runsOf } from "../engines/core/component.ts";
import type { Plan, Section } from "../gpu/plan/plan.ts";
import { workOf } from "../gpu/run/submissions.ts";

export class RunShare {
  /** Of one run of a section, by its name. */
  private readonly work: ReadonlyMap<string, number>;
  private readonly total: number;
  private done = 0;

  constructor(configured: ConfiguredComponent, { steps, sections }: Pick<Plan, "steps" | "sections">) {
    const workIn = ({ first, end }: Section): number =>
      steps.slice(first, end).reduce((sum, { cost }) => sum + workOf(cost), 0);
    this.work = new Map(sections.map((section) => [section.name, workIn(section)]));
    this.total = [...this.work].reduce((sum, [name, work]) => sum + work * runsOf(configured, name), 0);
  }

  /** A run of the component begins. */
  begin(): void {
    this.done = 0;
  }

  /** A section has been run once more. */
  ran(section: string): void {
    this.done += this.work.get(section) ?? 0;
  }

  /** The share of the whole while a part of a section is done, from 0 to 1. */
  within(section: string, part: number): number {
    const done = this.done + part * (this.work.get(section) ?? 0);
    return this.total > 0 ? Math.min(1, done / this.total) : 1;
  }
}
