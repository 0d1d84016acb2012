/** What adapters are called, which of them are software, and which a choice of device means. */
import { givenParts } from "../../formats/given.ts";
import type { SubgroupMatrix } from "../plan/target.ts";

/** What is known of an adapter, as it is written into result files. */
export interface AdapterSummary {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether a CPU does the work. Marked in every table and file. */
  readonly software: boolean;
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
}

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render|\bwarp\b/i;

/**
 * Dawn calls the architecture of whatever Mesa has no vendor's number for `software`: of lavapipe, and of Apple's GPUs under Linux,
 * of which it says at the same time that they are no fallback.
 */
function isSoftware({ vendor, architecture, device, description, isFallbackAdapter }: GPUAdapterInfo): boolean {
  const told = vendor === "mesa" && isFallbackAdapter === false ? "" : architecture;
  return isFallbackAdapter === true || SOFTWARE.test(`${vendor} ${told} ${device} ${description}`);
}

/** Summarises an adapter's info. @internal */
export function summarize(info: GPUAdapterInfo): AdapterSummary {
  const { vendor, architecture, device, description } = info;
  return {
    vendor,
    architecture,
    device,
    description,
    software: isSoftware(info),
    subgroupMinSize: info.subgroupMinSize ?? 0,
    subgroupMaxSize: info.subgroupMaxSize ?? 0,
  };
}

/** As far as browsers and Dawn agree on it: the public types do not have it yet. */
interface MatrixInfo {
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

/** What an adapter multiplies by whole subgroups, where it tells. @internal */
export const matricesOf = (info: GPUAdapterInfo & MatrixInfo): SubgroupMatrix[] =>
  [...(info.subgroupMatrixConfigs ?? [])].map(({ componentType, resultComponentType, M, N, K }) => ({
    component: componentType,
    result: resultComponentType,
    ...{ M, N, K },
  }));

/** An adapter's name for people, with the mark of software adapters. @throws {BadInputError} unless it is a summary */
export function displayName(adapter: AdapterSummary): string {
  const texts = { vendor: "string", architecture: "string", device: "string", description: "string" } as const;
  givenParts("the adapter", "an adapter's summary, such as status().device.adapter", adapter, texts);
  const name = adapter.device || adapter.description || adapter.architecture || adapter.vendor || "unnamed adapter";
  return adapter.software ? `${name.trim()} (software)` : name.trim();
}

/** `auto`, `cpu` (software), `cuda` (NVIDIA), `mps` (Metal on Apple hardware), or a part of an adapter's name. */
export type DeviceChoice = string;

/** Whether a choice of device names this adapter. */
export function accepts(choice: DeviceChoice, adapter: AdapterSummary): boolean {
  const text = `${adapter.vendor} ${adapter.architecture} ${adapter.device} ${adapter.description}`.toLowerCase();
  switch (choice) {
    case "auto":
      return true;
    case "cpu":
      return adapter.software;
    case "cuda":
      return text.includes("nvidia");
    case "mps":
      return text.includes("apple") && !adapter.software;
    default:
      return text.includes(choice.toLowerCase());
  }
}

const unnamed: AdapterSummary = {
  vendor: "",
  architecture: "",
  device: "",
  description: "",
  software: false,
  subgroupMinSize: 0,
  subgroupMaxSize: 0,
};

/** What is known of an adapter from its name alone. */
export const summaryOfName = (name: string): AdapterSummary => ({
  ...unnamed,
  device: name,
  software: SOFTWARE.test(name),
});
