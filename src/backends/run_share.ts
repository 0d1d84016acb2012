/** What of a run's work is done, over all sections and however often each of them runs. */
import { type ConfiguredComponent, runsOf } from "../engines/core/component.ts";
import type { Plan, Section } from "../gpu/plan/plan.ts";
import type { RunOptions as ExecuteOptions } from "../gpu/run/executable.ts";
import { workOf } from "../gpu/run/submissions.ts";
import type { StepProgress } from "../gpu/run/submitter.ts";
import type { RunOptions } from "./backend.ts";

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
   * @returns to be called for each section in the order of their runs: how it is run. It tells what the device has done of it as a
   * part of the whole, also when later sections have been handed to the device by then
   */
  begin({ progress, signal }: RunOptions): (section: string | undefined) => ExecuteOptions {
    const runs = new Map<string, number>();
    let done = 0;
    return (section) => {
      const name = section ?? "";
      const [before, own, run] = [done, this.work.get(name) ?? 0, (runs.get(name) ?? 0) + 1];
      runs.set(name, run);
      done += own;
      const share = (part: number): number => (this.total > 0 ? Math.min(1, (before + part * own) / this.total) : 1);
      const tell = (told: StepProgress): void => progress?.({ ...told, share: share(told.share), section: name, run });
      return {
        ...(section !== undefined && { section }),
        ...(progress && { progress: tell }),
        ...(signal && { signal }),
      };
    };
  }
}
