/** What makers say that some GPUs can do at best, for floors of times on GPUs that are not here. */
import { BadInputError } from "../../errors.ts";
import { literal } from "../../formats/given.ts";
import type { AdapterIdentity, ArrayLimits } from "../../gpu/plan/target.ts";
import { didYouMean } from "../../words.ts";

/** Peaks of a GPU at its boost clock. They are bounds: no program reaches them for long. */
export interface PublishedGpu {
  readonly name: string;
  /** Float32 by ordinary units, TFLOP/s. */
  readonly f32: number;
  /** Of its memory, GB/s (10⁹ bytes). */
  readonly bandwidth: number;
  /** Where the figures come from. */
  readonly source: string;
  /** What WebGPU calls it, by which rows of the tuning table are chosen. */
  readonly adapter: AdapterIdentity;
  /** What WebGPU allows there, where that is known. */
  readonly limits?: Partial<ArrayLimits>;
  /** The GPU of `npm run compilers` that comes nearest: of the same architecture, or at least of the same maker's family. */
  readonly compiled?: string;
}

const identity = (vendor: string, architecture: string, device = ""): AdapterIdentity => ({
  vendor,
  architecture,
  device,
});

export const publishedGpus: Readonly<Record<string, PublishedGpu>> = {
  rx7900xtx: {
    name: "AMD Radeon RX 7900 XTX",
    f32: 61.4,
    bandwidth: 960,
    source: "AMD's product page; half of the FLOP only where the compiler finds two instructions to issue together",
    adapter: identity("amd", "rdna-3"),
    compiled: "navi31",
  },
  h100_sxm: {
    name: "NVIDIA H100 SXM",
    f32: 66.9,
    bandwidth: 3350,
    source: "NVIDIA's data sheet of the H100",
    adapter: identity("nvidia", "hopper"),
  },
  h200_sxm: {
    name: "NVIDIA H200 SXM",
    f32: 66.9,
    bandwidth: 4800,
    source: "NVIDIA's data sheet of the H200",
    adapter: identity("nvidia", "hopper"),
  },
  rtx4090: {
    name: "NVIDIA GeForce RTX 4090",
    f32: 82.6,
    bandwidth: 1008,
    source: "NVIDIA's white paper of the Ada architecture",
    adapter: identity("nvidia", "lovelace"),
  },
  m3_max_40: {
    name: "Apple M3 Max, 40 cores",
    f32: 14.3,
    bandwidth: 400,
    source: "Apple's bandwidth; FLOP from 128 lanes a core at 1.4 GHz, which Apple does not publish",
    adapter: identity("apple", "metal-3"),
    compiled: "m1",
  },
  arc_a770: {
    name: "Intel Arc A770",
    f32: 17.2,
    bandwidth: 560,
    source: "Intel's product page; FLOP from 4096 lanes at 2.1 GHz",
    adapter: identity("intel", "xe-hpg"),
  },
};

/** The GPU of a key, or undefined. */
export const publishedGpu = (key: string): PublishedGpu | undefined =>
  Object.hasOwn(publishedGpus, key) ? publishedGpus[key] : undefined;

/** What to say where neither a key nor a file has this name. */
export function unknownGpu(key: string): BadInputError {
  const known = Object.keys(publishedGpus);
  return new BadInputError(
    `--gpu should be one of ${known.join(", ")}, or a file with its peaks, not "${key}"${didYouMean(key, known)}`,
  );
}

const LIMITS = ["maxStorageBufferBindingSize", "maxBufferSize"] as const;

/**
 * A GPU of the user's own: `{"name": …, "f32": TFLOP/s, "bandwidth": GB/s, "source": …}`, of which f32 and bandwidth must be there; with
 * `vendor`, `architecture` and `device`, rows of the tuning table hold for it as for an adapter of these names; with
 * `maxStorageBufferBindingSize` and `maxBufferSize` (bytes), plans keep to these limits.
 * @throws {BadInputError} naming the file and the field
 */
export function gpuOfFile(fields: Readonly<Record<string, unknown>>, file: string): PublishedGpu {
  const number = (name: string, unit: string): number => {
    const value = fields[name];
    if (typeof value !== "number" || !(value > 0) || !Number.isFinite(value))
      throw new BadInputError(`${file}: ${name} should be a number above 0, in ${unit}, not ${literal(value)}`);
    return value;
  };
  const text = (name: string, otherwise: string): string => {
    const value = fields[name] ?? otherwise;
    if (typeof value !== "string") throw new BadInputError(`${file}: ${name} should be a text`);
    return value;
  };
  const limits = Object.fromEntries(
    LIMITS.filter((name) => fields[name] !== undefined).map((name) => [name, number(name, "bytes")]),
  );
  const known = ["name", "f32", "bandwidth", "source", "vendor", "architecture", "device", ...LIMITS];
  const strange = Object.keys(fields).find((name) => !known.includes(name));
  if (strange !== undefined)
    throw new BadInputError(
      `${file} has a field ${strange}; known are ${known.join(", ")}${didYouMean(strange, known)}`,
    );
  return {
    name: text("name", file),
    f32: number("f32", "TFLOP/s"),
    bandwidth: number("bandwidth", "GB/s"),
    source: text("source", file),
    adapter: identity(text("vendor", ""), text("architecture", ""), text("device", "")),
    limits,
  };
}
