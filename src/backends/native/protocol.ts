/** What shims answer, read with suspicion: the packages behind them are other people's. */
import { BadInputError, DeviceError, UnavailableError } from "../../errors.ts";
import { literal } from "../../formats/given.ts";
import type { ShimMessage } from "./host.ts";

const PROTOCOL = 1;

export interface ShimDevice {
  /** `cpu`, `cuda` or `mps`. */
  readonly name: string;
  readonly description: string;
  /** What can run on it; the first one is the engine's own choice. */
  readonly variants: readonly string[];
}

/** Who answers. */
export interface Hello {
  readonly versions: Readonly<Record<string, string>>;
  readonly devices: readonly ShimDevice[];
  readonly components: readonly string[];
}

export type ShimSettings = Readonly<Record<string, string | number | boolean>>;

/** A network that a shim has built. */
export interface Loaded {
  readonly weightsBytes: number | undefined;
  readonly settings: ShimSettings;
}

/** What a run took, in milliseconds and bytes. */
export interface Ran {
  readonly execute: number;
  readonly elapsed: number;
  readonly peakBytes: number | undefined;
  readonly processPeakBytes: number | undefined;
  /** Of processor time, as the shim's process counts it. */
  readonly processorMs: number | undefined;
}

/**
 * A good answer as it is, a refusal as the error that it stands for.
 * @param who the shim, for messages
 */
export function accepted(who: string, answer: ShimMessage): ShimMessage {
  if (answer.ok === true) return answer;
  const message = `${who}: ${typeof answer.error === "string" ? answer.error : "it failed and does not say why"}`;
  switch (answer.kind) {
    case "bad-input":
      throw new BadInputError(message);
    case "unavailable":
      throw new UnavailableError(message, typeof answer.fix === "string" ? answer.fix : "run `npm run setup:native`");
    case "out-of-memory":
      throw new DeviceError("out-of-memory", message);
    default:
      throw new DeviceError("internal", message);
  }
}

const malformed = (who: string, what: string): DeviceError =>
  new DeviceError("internal", `${who} answers ${what}, which is not its protocol`);

const isText = (value: unknown): value is string => typeof value === "string";
const isObject = (value: unknown): value is ShimMessage =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;

/** Reads the answer to `hello`. @throws {DeviceError} if it is another protocol's */
export function readHello(who: string, answer: ShimMessage): Hello {
  const { protocol, versions, devices, components, variants } = answer;
  if (protocol !== PROTOCOL) throw malformed(who, `protocol ${literal(protocol)} in place of ${PROTOCOL}`);
  if (!isObject(versions) || !isTexts(components) || !isTexts(variants) || !Array.isArray(devices))
    throw malformed(who, "hello without versions, devices, variants or components");
  return {
    versions: Object.fromEntries(
      Object.entries(versions).filter((entry): entry is [string, string] => isText(entry[1])),
    ),
    devices: devices.map((device: unknown) => {
      const { name, description = "", variants: own = variants } = isObject(device) ? device : {};
      if (!isText(name) || !isText(description) || !isTexts(own) || own.length === 0)
        throw malformed(who, "hello with a device that has no name");
      return { name, description: description || name, variants: own };
    }),
    components,
  };
}

/** Reads the answer to `load`. */
export function readLoaded(answer: ShimMessage): Loaded {
  const settings = isObject(answer.settings) ? Object.entries(answer.settings) : [];
  const known = settings.filter((entry): entry is [string, string | number | boolean] =>
    ["string", "number", "boolean"].includes(typeof entry[1]),
  );
  return { weightsBytes: count(answer.weights_bytes), settings: Object.fromEntries(known) };
}

/** Reads the answer to `run`. @throws {DeviceError} if it has no times */
export function readRan(who: string, answer: ShimMessage): Ran {
  const [execute, elapsed] = [count(answer.exec_ms), count(answer.elapsed_ms)];
  if (execute === undefined || elapsed === undefined) throw malformed(who, "a run without its times");
  return {
    execute,
    elapsed,
    peakBytes: count(answer.peak_bytes),
    processPeakBytes: count(answer.process_peak_bytes),
    processorMs: count(answer.processor_ms),
  };
}
