/** Runs a network for job after job; jobs of one size share what has been loaded. */
import type { LoadProgress, RunProgress } from "../../backends/backend.ts";
import type { WebGpuBackend, WebGpuRunner } from "../../backends/webgpu.ts";
import { leftText, loadText } from "../../bench/core/progress.ts";
import type { Features } from "../../engines/core/features.ts";
import { nonFinite, nonFiniteText } from "../../engines/core/finite.ts";
import { noiseSeed } from "../../engines/core/noise.ts";
import { predictionOutputs } from "../../engines/core/prediction.ts";
import { NonFiniteError } from "../../errors.ts";
import type { Note } from "../../formats/config.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import type { Fit, Network } from "./network.ts";

interface RunnerOptions {
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  readonly note: Note;
}

/** What is told of a run. */
interface Telling {
  readonly doing: (text: string) => void;
  /** Seeds of this job behind this one. */
  readonly seedsLeft: number;
}

/** So much of a run tells how long the rest takes. */
const TELLING_SHARE = 0.02;

export class NetworkRunner {
  private readonly backend: WebGpuBackend;
  private readonly network: Network;
  private readonly options: RunnerOptions;
  private loaded: { readonly key: string; readonly runner: WebGpuRunner } | undefined;

  constructor(backend: WebGpuBackend, network: Network, options: RunnerOptions) {
    this.backend = backend;
    this.network = network;
    this.options = options;
  }

  /**
   * Runs the network once: one pass through the trunk, and all samples of it.
   * @returns the outputs of which predictions are made
   * @throws {NonFiniteError} if they are not finite
   */
  async run(features: Features, fit: Fit, seed: number, telling: Telling): Promise<TensorMap> {
    const runner = await this.load(fit, telling);
    const start = performance.now();
    const progress = (done: RunProgress): void => telling.doing(runText(done, performance.now() - start, telling));
    const inputs = new Map([...features.tensors, noiseSeed(seed)]);
    const outputs = predictionOutputs(
      this.network.engine,
      await runner.run(inputs, { signal: this.options.signal, progress }),
    );
    const broken = nonFinite(outputs);
    if (broken.length > 0)
      throw new NonFiniteError(
        `the network's outputs are not finite: ${broken.map(nonFiniteText).join("; ")}. Weights or inputs are so large that float32 overflows`,
      );
    return outputs;
  }

  private async load({ sizes }: Fit, { doing }: Telling): Promise<WebGpuRunner> {
    const key = JSON.stringify(sizes);
    if (this.loaded?.key === key) return this.loaded.runner;
    await this.dispose();
    const { engine, component, config, widths, weights, precision, wanted } = this.network;
    const { limit: memoryLimit, signal, note } = this.options;
    doing("loading");
    const runner = await this.backend.load({
      engine: engine.name,
      component: component.name,
      config,
      weights,
      sizes: { ...widths, ...sizes },
      outputs: wanted,
      memoryLimit,
      precision,
      note,
      signal,
      progress: (done: LoadProgress) => doing(loadText(done)),
    });
    this.loaded = { key, runner };
    return runner;
  }

  /** Lets go of what is loaded: of a device that failed, nothing may be used again. */
  async dispose(): Promise<void> {
    const { loaded } = this;
    this.loaded = undefined;
    await loaded?.runner.dispose();
  }
}

/** Which recycle, step of the sampler or head it is, and how long the job still takes. */
function runText({ section, run, share }: RunProgress, elapsed: number, { seedsLeft }: Telling): string {
  const left = share < TELLING_SHARE ? "" : `; ${leftText(elapsed * ((1 - share + seedsLeft) / share))} left`;
  return `${section} ${run}, ${Math.floor(100 * share)} % of this seed${left}`;
}
