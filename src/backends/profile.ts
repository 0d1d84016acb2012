/** Where a run's time goes, dispatch by dispatch. */
import { type ConfiguredComponent, type Recorded, runRecorded, runsOf, sessionOf } from "../engines/core/component.ts";
import type { TensorMap } from "../formats/tensor.ts";
import type { Step } from "../gpu/plan/plan.ts";
import type { Executable } from "../gpu/run/executable.ts";

/** A part of a plan that runs on its own; a component of one part has one without a name. */
export interface PlannedSection {
  readonly name: string;
  /** How often one run of the component runs it. */
  readonly runs: number;
  readonly steps: readonly PlannedStep[];
}

/** A dispatch. */
export interface PlannedStep {
  /** Its scopes from the outside in: section, block, layer, kernel. */
  readonly label: string;
  readonly kernel: string;
  readonly variant: string;
  /** Its work and traffic. */
  readonly flops: number;
  readonly bytes: number;
}

/** A dispatch, and its milliseconds by GPU timestamps over all runs of its section in one run of the component. */
export interface ProfiledStep extends PlannedStep {
  readonly section: string;
  readonly ms: number;
  /** The same of each of these runs, in order. */
  readonly times: readonly number[];
}

const planned = ({ label, kernel, variant, cost }: Step): PlannedStep => ({
  label,
  kernel: kernel.name,
  variant: variant.name,
  ...cost,
});

/** What of a plan runs how often. @internal */
export const plannedSections = (configured: ConfiguredComponent, { plan }: Executable): PlannedSection[] =>
  plan.sections.map(({ name, first, end }) => ({
    name,
    runs: runsOf(configured, name),
    steps: plan.steps.slice(first, end).map(planned),
  }));

/** Runs a component once with every dispatch timed. @internal @param inputs checked */
export async function profileRun(
  recorded: Recorded,
  executable: Executable,
  inputs: TensorMap,
  signal: AbortSignal | undefined,
): Promise<ProfiledStep[]> {
  const { steps, sections } = executable.plan;
  const taken: number[][] = steps.map(() => []);
  const session = sessionOf(async (section, values) => {
    const options = { ...(signal && { signal }), ...(section !== undefined && { section }) };
    const { first } = sections.find(({ name }) => section === undefined || name === section) ?? sections[0];
    const times = await executable.profile(values, options);
    times.forEach((time, index) => {
      taken[first + index].push(time);
    });
    // What the next sections need of this one. Its results are of no use: the timed run has changed what it read.
    return (await executable.run(values, options)).outputs;
  });
  await runRecorded(recorded, session, inputs);
  return sections.flatMap(({ name: section, first, end }) =>
    steps.slice(first, end).map((step, index) => {
      const times = taken[first + index];
      return { section, ...planned(step), ms: times.reduce((sum, time) => sum + time, 0), times };
    }),
  );
}
