/** How much memory a GPU has, which WebGPU does not tell: where the driver comes with a command that does. */
import { type AdapterSummary, displayName } from "../../gpu/device/adapter.ts";
import { sizeText } from "../../words.ts";
import { type System, thisSystem } from "./installed.ts";

/** A device's memory, and how it is known, or why not, in a sentence. */
export interface KnownMemory {
  readonly bytes: number | undefined;
  readonly note: string;
}

/** Names as adapters have them: NVIDIA H200 is nvidia-h200. */
export const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** The memory of an adapter. @param known what its source tells: of software adapters the machine's */
export async function memoryOf(
  adapter: AdapterSummary,
  known: number | undefined,
  system: System = thisSystem,
): Promise<KnownMemory> {
  if (known !== undefined) return { bytes: known, note: `${sizeText(known, Math.floor)}, the memory of this machine` };
  const unknown = `the memory of ${displayName(adapter)} is not known: WebGPU does not tell it`;
  if (adapter.vendor.toLowerCase() !== "nvidia") return { bytes: undefined, note: unknown };
  const said = await system.says("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits");
  if (said === undefined)
    return { bytes: undefined, note: `${unknown}, and nvidia-smi is not here, failed, or said nothing in time` };
  const cards = said.split("\n").flatMap((line) => {
    const [, name, mebibytes] = /^\s*(.+?)\s*,\s*(\d+)\s*$/.exec(line) ?? [];
    return mebibytes !== undefined && plainName(name) === plainName(adapter.device)
      ? [Number(mebibytes) * 2 ** 20]
      : [];
  });
  const least = Math.min(...cards);
  if (cards.length === 0 || least === 0)
    return { bytes: undefined, note: `${unknown}, and nvidia-smi does not name its memory` };
  return {
    bytes: least,
    note: `${sizeText(least, Math.floor)} by nvidia-smi, all of it: what others have of it is not taken off`,
  };
}
