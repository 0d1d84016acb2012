/** The backend `webgpu`: our own kernels. */

import {
  type ConfiguredComponent,
  type Recorded,
  runRecorded,
  sessionOf,
  type Wanted,
} from "../engines/core/component.ts";
import { weightSource } from "../engines/core/weights.ts";
import { findComponent, findEngine } from "../engines/index.ts";
import { UnavailableError } from "../errors.ts";
import { givenFunction, givenList, givenOptions, givenParts, givenText } from "../formats/given.ts";
import type { TensorMap } from "../formats/tensor.ts";
import { shaders } from "../generated/shaders.ts";
import { type DeviceChoice, displayName } from "../gpu/device/adapter.ts";
import { type Device, openDevice } from "../gpu/device/device.ts";
import type { GpuSource } from "../gpu/device/source.ts";
import type { StoredArray } from "../gpu/plan/dtype.ts";
import type { Plan } from "../gpu/plan/plan.ts";
import { type Target, wrongUnits } from "../gpu/plan/target.ts";
import { Executable, type RunOptions as ExecuteOptions } from "../gpu/run/executable.ts";
import { PipelineCache } from "../gpu/shader/pipelines.ts";
import { tuning } from "../kernels/tune/table.ts";
import { reviewedOnly, type TuningSource, type TuningUse } from "../kernels/tune/use.ts";
import type { WeightSource } from "../model/linear.ts";
import { unlessAborted } from "../waiting.ts";
import type { Backend, BackendStatus, LoadRequest, MemoryReport, Runner, RunOptions, TimedRun } from "./backend.ts";
import { Ending } from "./ending.ts";
import { recordFittingSoon } from "./fit.ts";
import { buildHeld } from "./held.ts";
import { InputCheck } from "./input_check.ts";
import { checkOutputs, checkRequest, onlyWanted, wantedOf } from "./load_check.ts";
import { withMatrixUnits } from "./matrix_units.ts";
import { checkPrecisions, type Precisions, precisionSettings, withPrecision } from "./precision.ts";
import { type PlannedSection, type ProfiledStep, plannedSections, profileRun } from "./profile.ts";
import { RunShare } from "./run_share.ts";
import { SectionClocks } from "./section_clocks.ts";

const SOURCE = { name: "string", software: "boolean", open: "function" } as const;

interface Opened {
  readonly device: Device;
  readonly pipelines: PipelineCache;
  readonly tuning: TuningUse;
}

export class WebGpuBackend implements Backend {
  readonly name = "webgpu";
  /** `mixed` if its loads are in mixed precision where they ask for no other; empty in float32. */
  readonly variant: "" | "mixed";
  private readonly precisions: Precisions;
  private readonly sources: readonly GpuSource[];
  private readonly choice: DeviceChoice;
  private readonly ownTuning: TuningSource | undefined;
  private opened: Promise<Opened> | undefined;
  /** What `opened` came to. */
  private here: Opened | undefined;
  private readonly disposed = new Ending("this backend", "make another");

  /**
   * @param sources where the platform finds adapters, in the order to try them
   * @param ownTuning finds rows of tuning that go before the reviewed ones
   * @param precisions of loads that ask for none
   * @throws {BadInputError} unless they are sources and a choice
   */
  constructor(
    sources: readonly GpuSource[],
    choice: DeviceChoice = "auto",
    ownTuning?: TuningSource,
    precisions: Precisions = {},
  ) {
    givenList("the sources", "an array of sources of adapters", sources);
    for (const source of sources)
      givenParts("a source", "a source of adapters { name, software, open }", source, SOURCE);
    givenText("the device", "a text such as auto, or part of an adapter's name", choice);
    this.sources = sources;
    this.choice = choice;
    givenFunction("the source of tuning", ownTuning);
    this.ownTuning = ownTuning;
    checkPrecisions(precisions);
    this.precisions = precisions;
    this.variant = Object.values(precisions).includes("mixed") ? "mixed" : "";
  }

  async status(): Promise<BackendStatus> {
    try {
      const { adapter } = await this.device();
      const use = await this.tuning();
      return { ready: true, device: { name: displayName(adapter), software: adapter.software, adapter, tuning: use } };
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return { ready: false, reason: error.message, fix: error.fix };
    }
  }

  /** The opened device. @throws {UnavailableError} if there is none that fits */
  async device(): Promise<Device> {
    return (await this.open()).device;
  }

  /** What plans for this backend are recorded against, in its precision. */
  async target(): Promise<Target> {
    const opened = await this.open();
    return withMatrixUnits(withPrecision(targetOf(opened), this.precisions), opened);
  }

  /** Which tuning its plans follow: a table of the user's own may stand before the reviewed one. @internal */
  async tuning(): Promise<TuningUse> {
    return (await this.open()).tuning;
  }

  /** The device's compiled pipelines, for checks and microbenchmarks of single kernels. @internal */
  async pipelines(): Promise<PipelineCache> {
    return (await this.open()).pipelines;
  }

  async load(request: LoadRequest): Promise<WebGpuRunner> {
    this.disposed.check();
    checkRequest(request);
    const { engine: engineName, component: name, config, weights, sizes, signal } = request;
    const note = request.note ?? (() => {});
    const engine = findEngine(engineName);
    const component = findComponent(engine, name);
    const configured = component.configure(config, sizes, note);
    // What a component has recorded lives as long as the runner; the weights' memory on the host is let go of once they are on the device.
    let source: WeightSource | undefined = weightSource(engine, configured, weights, note);
    const read: WeightSource = (name) => {
      if (!source) throw new Error(`the weight ${name} was read after the plan was built`);
      return source(name);
    };
    const opened = await unlessAborted(this.open(), signal);
    const { device, pipelines } = opened;
    const wanted = wantedOf(component, request.outputs);
    const planned = { component, config, sizes: configured.sizes, wanted };
    const record = (plan: Plan) => configured.record(plan, read, wanted);
    const { memoryLimit: limit, progress } = request;
    const target = await withMatrixUnits(withPrecision(targetOf(opened), request, this.precisions), opened);
    for (const wrong of wrongUnits(target)) note(`matrix units are not used for the family ${wrong}`);
    const built = await buildHeld(target, note, async (target) => {
      const { plan, recorded } = await recordFittingSoon(target, planned, record, { limit, signal });
      return { plan, recorded, executable: await Executable.build(device, plan, pipelines, { signal, progress }) };
    });
    source = undefined;
    return new WebGpuRunner(configured, built, device, note, wanted);
  }

  dispose(): Promise<void> {
    this.disposed.end();
    return this.release();
  }

  /** Closes the device, once it has done what it has begun: destroying it would wait for that without letting anyone else have a turn. */
  async release(): Promise<void> {
    const opening = this.opened;
    this.opened = undefined;
    const opened = await opening?.catch(() => undefined);
    if (!opened) return;
    await opened.pipelines.settled();
    await opened.device.idle().catch(() => {});
    opened.device.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Every opening starts afresh with the first source, also the one after a device was lost or refused. */
  private open(): Promise<Opened> {
    this.disposed.check();
    if (this.opened && !this.here?.device.gone) return this.opened;
    this.here = undefined;
    const opening = openDevice(this.sources, this.choice).then(async (device) => {
      const own = (await this.ownTuning?.(device.adapter)) ?? reviewedOnly;
      const opened = { device, pipelines: new PipelineCache(device, shaders), tuning: own };
      if (this.opened === opening) this.here = opened;
      return opened;
    });
    this.opened = opening;
    opening.catch(() => {
      if (this.opened === opening) this.opened = undefined;
    });
    return opening;
  }
}

const targetOf = ({ device, tuning: own }: Opened): Target => device.target([...own.rows, ...tuning]);

/** A {@link Runner} that knows every byte on its device. */
export class WebGpuRunner implements Runner {
  readonly memory: Readonly<Record<keyof MemoryReport, number>>;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** @internal */
  readonly executable: Executable;
  private readonly configured: ConfiguredComponent;
  private readonly wanted: Wanted | undefined;
  private readonly recorded: Recorded;
  private readonly device: Device;
  private readonly inputs: InputCheck;
  private readonly share: RunShare;
  private readonly disposed = new Ending("this runner", "load another");

  /** @internal */
  constructor(
    configured: ConfiguredComponent,
    { recorded, executable }: { readonly recorded: Recorded; readonly executable: Executable },
    device: Device,
    note: (text: string) => void,
    wanted?: Wanted,
  ) {
    this.wanted = wanted;
    this.configured = configured;
    this.recorded = recorded;
    this.device = device;
    this.executable = executable;
    this.inputs = new InputCheck(configured, note);
    this.share = new RunShare(configured, executable.plan);
    this.settings = precisionSettings(executable.plan);
    const { constants, transients, overhead } = executable.memory;
    this.memory = { weights: constants, activations: transients, overhead };
  }

  async run(inputs: TensorMap, options: RunOptions = {}): Promise<TensorMap> {
    this.check(inputs, options);
    // Sections are not waited for where nobody asks how long they took.
    return this.fold(inputs, options, async (values, execute) => (await this.executable.run(values, execute)).outputs);
  }

  async time(inputs: TensorMap, options: RunOptions = {}): Promise<TimedRun & { readonly peakBytes: number }> {
    this.check(inputs, options);
    const start = performance.now();
    this.device.allocations.restart();
    const clocks = new SectionClocks(this.executable.plan.sections.map(({ name }) => name));
    const outputs = await this.fold(inputs, options, async (values, execute) => {
      const done = await this.executable.time(values, execute);
      clocks.end(execute.section, done.times);
      return done.outputs;
    });
    const elapsed = performance.now() - start;
    return { outputs, times: { elapsed, ...clocks.times() }, peakBytes: this.device.allocations.peak };
  }

  private check(inputs: TensorMap, options: RunOptions): void {
    this.disposed.check();
    givenOptions(options);
    this.inputs.check(inputs);
  }

  /** Runs the component. @param run runs a section */
  private async fold(
    inputs: TensorMap,
    options: RunOptions,
    run: (
      values: ReadonlyMap<string, StoredArray>,
      options: ExecuteOptions,
    ) => Promise<ReadonlyMap<string, StoredArray>>,
  ): Promise<TensorMap> {
    const optionsOf = this.share.begin(options);
    const session = sessionOf((section, values) => run(values, optionsOf(section)));
    const named = await this.disposed.during(runRecorded(this.recorded, session, inputs));
    checkOutputs(this.configured.component, named, this.wanted);
    return onlyWanted(named, this.wanted);
  }

  /** The dispatches of one run, section by section. */
  get sections(): readonly PlannedSection[] {
    return plannedSections(this.configured, this.executable);
  }

  /**
   * Runs twice, once with every dispatch timed by GPU timestamps, which takes longer than a run. Browsers round timestamps, by
   * default to 100 µs: add up several profiles.
   * @returns a time per dispatch in the order of {@link sections}; undefined if the device has no timestamps
   * @throws {BadInputError} as {@link run} does
   * @throws {CancelledError} if the signal fires
   */
  async profile(
    inputs: TensorMap,
    options: Pick<RunOptions, "signal"> = {},
  ): Promise<readonly ProfiledStep[] | undefined> {
    this.check(inputs, options);
    if (!this.device.features.has("timestamp-query")) return undefined;
    return this.disposed.during(profileRun(this.recorded, this.executable, inputs, options.signal));
  }

  async dispose(): Promise<void> {
    this.disposed.end();
    this.executable.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
