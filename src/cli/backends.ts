/** From the names of backends to backends, opened and closed around the work. */
import {
  type Backend,
  type BackendName,
  type BackendStatus,
  backendNames,
  backendText,
  type DeviceInfo,
} from "../backends/backend.ts";
import { NativeBackend } from "../backends/native/backend.ts";
import { OnnxBackend } from "../backends/onnx/backend.ts";
import type { OnnxProvider } from "../backends/onnx/host.ts";
import { type OnnxVariant, onnxVariants } from "../backends/onnx/manifest.ts";
import type { EngineName } from "../engines/core/component.ts";
import { enumerated } from "../engines/core/names.ts";
import { BadInputError, UnavailableError } from "../errors.ts";
import type { PrecisionMode } from "../gpu/plan/precision.ts";
import { pythonShims } from "../platform/node/native/host.ts";
import { NodeOnnxHost } from "../platform/node/onnx/host.ts";
import { didYouMean } from "../words.ts";
import { disposeOf, tellTuning, webgpuBackend } from "./context.ts";
import { remark } from "./output.ts";

/** A backend by name, and which of its ways to run it is; empty for its own choice. */
export interface BackendChoice {
  readonly name: BackendName;
  readonly variant: string;
}

/** Where and how backends run. */
export interface BackendOptions {
  readonly device: string;
  readonly threads?: number;
  /** Of the variant in mixed precision. */
  readonly diffusionPrecision?: PrecisionMode;
}

/** What options say of precision. */
export interface PrecisionOptions {
  readonly precision?: PrecisionMode | readonly PrecisionMode[];
  readonly diffusionPrecision?: PrecisionMode;
}

interface Maker {
  /** The first one is the backend's own choice; it may have no name. */
  readonly variants: readonly string[];
  /** Those that `all` runs: none of less precision than float32, none that takes minutes to build. */
  readonly all: readonly string[];
  /** Whether it computes on the CPU with as many threads as are asked for. */
  readonly threads?: boolean;
  make(variant: string, options: BackendOptions): Backend;
}

/** A backend of ONNX Runtime. */
const onnx = (provider: OnnxProvider): Maker => ({
  variants: onnxVariants,
  all: onnxVariants,
  threads: true, // other providers leave to the CPU what they cannot do
  make: (variant, { device }) => new OnnxBackend(provider, variant as OnnxVariant, new NodeOnnxHost({ device })),
});

const makers: Readonly<Record<BackendName, Maker>> = {
  webgpu: {
    variants: ["", "mixed"],
    all: [""],
    make: (variant, { device, diffusionPrecision }) =>
      webgpuBackend(device, variant === "mixed" ? { precision: "mixed", diffusionPrecision } : {}),
  },
  "onnx-cpu": onnx("cpu"),
  "onnx-webgpu": onnx("webgpu"),
  "onnx-cuda": onnx("cuda"),
  "onnx-coreml": onnx("coreml"),
  native: {
    // Without a name: eager in PyTorch, compiled in JAX, as people run them.
    variants: ["", "eager", "compile", "tf32", "bf16"],
    all: [""],
    threads: true,
    make: (variant, { device, threads }) => new NativeBackend(pythonShims(), { variant, device, threads }),
  },
};

export const webgpuChoice: BackendChoice = { name: "webgpu", variant: "" };

/** The precision of a choice of ours. */
const precisionOf = ({ variant }: BackendChoice): PrecisionMode => (variant === "mixed" ? "mixed" : "f32");

/**
 * Choices with ours in each of the precisions that are asked for.
 * @throws {BadInputError} if they contradict what was chosen, or nobody computes in them
 */
export function inPrecisions(
  choices: readonly BackendChoice[],
  { precision, diffusionPrecision }: PrecisionOptions,
): readonly BackendChoice[] {
  const asked = precision === undefined ? undefined : [precision].flat();
  const ours = choices.filter(({ name }) => name === "webgpu");
  if (asked?.includes("mixed") && ours.length === 0)
    throw new BadInputError(
      `--precision mixed is webgpu's alone; ${choices.map(backendText).join(" and ")} computes as its variant says`,
    );
  const other = ours.find((choice) => choice.variant !== "" && asked && !asked.includes(precisionOf(choice)));
  if (other) throw new BadInputError(`--backend ${backendText(other)} contradicts --precision ${asked?.join(",")}`);
  const found = choices.flatMap((choice) =>
    choice.name === "webgpu" && choice.variant === "" && asked
      ? asked.map((one) => ({ ...choice, variant: one === "mixed" ? "mixed" : "" }))
      : [choice],
  );
  if (diffusionPrecision === "mixed" && !found.some((choice) => precisionOf(choice) === "mixed"))
    throw new BadInputError("--diffusion-precision mixed goes with --precision mixed");
  return found.filter((one, at) => found.findIndex((each) => backendText(each) === backendText(one)) === at);
}

/** Whether a backend takes notice of a number of threads. */
export const usesThreads = ({ name }: BackendChoice): boolean => makers[name].threads === true;

/** Whether a backend cuts its work to what it may hold on the device. */
export const keepsMemoryLimit = ({ name }: BackendChoice): boolean => name === "webgpu";

/** What `all` runs. */
export const everyBackend = (): readonly BackendChoice[] =>
  backendNames.flatMap((name) => makers[name].all.map((variant) => ({ name, variant })));

/** One backend, such as `onnx-webgpu` or `onnx-webgpu:mha`. @throws {BadInputError} if there is none of that name */
export function backendChoice(text: string): BackendChoice {
  const [given, variant, ...rest] = text.trim().split(":");
  const name = backendNames.find((candidate) => candidate === given);
  if (name === undefined || rest.length > 0)
    throw new BadInputError(
      `--backend should be ${enumerated([...backendNames, "all"], "or")}, not "${text}"${didYouMean(given, [...backendNames, "all"])}`,
    );
  const { variants } = makers[name];
  if (variant !== undefined && (variant === "" || !variants.includes(variant))) {
    const named = variants.filter((one) => one !== "");
    const known =
      named.length === 0 ? "comes in one way only" : `comes as ${named.map((one) => `${name}:${one}`).join(", ")}`;
    throw new BadInputError(`--backend ${text}: ${name} ${known}${didYouMean(variant, named)}`);
  }
  return { name, variant: variant ?? variants[0] };
}

/** The backend of a choice, not opened yet. */
const makeBackend = ({ name, variant }: BackendChoice, options: BackendOptions): Backend =>
  makers[name].make(variant, options);

/**
 * Runs work with backends and closes them behind it.
 * @throws {UnavailableError} if none of them can run any of the engines here
 */
export async function withBackends<T>(
  choices: readonly BackendChoice[],
  options: BackendOptions,
  engines: readonly EngineName[],
  work: (backends: readonly Backend[]) => Promise<T>,
): Promise<T> {
  const backends = choices.map((choice) => makeBackend(choice, options));
  try {
    const states = await statusesOf(backends, engines);
    const ready = states.flatMap(({ status }) => (status.ready ? [status.device] : []));
    const refused = states.flatMap(({ status }) => (status.ready ? [] : [status]));
    if (ready.length === 0 && refused.length > 0) throw new UnavailableError(refused[0].reason, refused[0].fix);
    for (const name of new Set(ready.filter(({ software }) => software).map((device) => device.name)))
      remark(`${name}: a CPU does the GPU's work. Numbers are right, times say nothing about GPUs.`);
    for (const { tuning } of new Map(ready.map((device) => [device.name, device])).values())
      if (tuning) tellTuning(tuning);
    return await work(backends);
  } finally {
    for (const backend of backends) await disposeOf(backend);
  }
}

/** Runs work with one backend. @throws {UnavailableError} if it can run none of the engines here */
export const withBackend = <T>(
  choice: BackendChoice,
  options: BackendOptions,
  engines: readonly EngineName[],
  work: (backend: Backend) => Promise<T>,
): Promise<T> => withBackends([choice], options, engines, ([backend]) => work(backend));

interface State {
  readonly engine: EngineName;
  readonly backend: Backend;
  readonly status: BackendStatus;
}

async function statusesOf(backends: readonly Backend[], engines: readonly EngineName[]): Promise<State[]> {
  const states: State[] = [];
  for (const engine of engines)
    for (const backend of backends) states.push({ engine, backend, status: await backend.status(engine) });
  return states;
}

/** A line of `bench --list`. */
export interface BackendState {
  readonly engine: EngineName;
  readonly backend: BackendName;
  readonly variant: string;
  readonly device: string;
  readonly ready: boolean;
  readonly reason?: string;
  readonly fix?: string;
}

/** Engines × backends: ready, or why not. */
export async function statesOf(
  choices: readonly BackendChoice[],
  options: BackendOptions,
  engines: readonly EngineName[],
): Promise<BackendState[]> {
  const backends = choices.map((choice) => makeBackend(choice, options));
  try {
    return (await statusesOf(backends, engines)).map(({ engine, backend: { name, variant }, status }) => ({
      engine,
      backend: name,
      variant,
      device: status.ready ? status.device.name : options.device,
      ready: status.ready,
      ...(!status.ready && { reason: status.reason, fix: status.fix }),
    }));
  } finally {
    for (const backend of backends) await disposeOf(backend);
  }
}

/** The devices and versions of all backends that are ready, by engine and backend. */
export async function devicesOf(
  backends: readonly Backend[],
  engines: readonly EngineName[],
): Promise<Record<string, DeviceInfo>> {
  const states = await statusesOf(backends, engines);
  return Object.fromEntries(
    states.flatMap(({ engine, backend, status }) =>
      status.ready ? [[`${engine} ${backendText(backend)}`, status.device]] : [],
    ),
  );
}
