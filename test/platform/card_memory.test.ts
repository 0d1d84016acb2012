/** The memory of GPUs, on systems that are made up. */
import { expect, it } from "vitest";
import type { AdapterSummary } from "../../src/gpu/device/adapter.ts";
import { memoryOf } from "../../src/platform/node/card_memory.ts";
import { type System, thisSystem } from "../../src/platform/node/installed.ts";

const card = { vendor: "nvidia", architecture: "", device: "nvidia-h200", description: "", software: false };
const adapter: AdapterSummary = { ...card, subgroupMinSize: 32, subgroupMaxSize: 32 };
const saying = (text: string | undefined): System => ({ ...thisSystem, says: async () => text });

it("is what the driver's command says of the card of that name, or the least of several", async () => {
  const text = "NVIDIA RTX A2000, 6138\nNVIDIA H200, 143771\nNVIDIA H200, 141000\n";
  const { bytes, note } = await memoryOf(adapter, undefined, saying(text));
  expect(bytes).toBe(141_000 * 2 ** 20);
  expect(note).toMatch(/ by nvidia-smi, all of it: /);
});

it("is the machine's for software adapters, whatever a command says", async () => {
  const said = await memoryOf({ ...adapter, software: true }, 2 ** 30, saying("NVIDIA H200, 143771"));
  expect(said).toEqual({ bytes: 2 ** 30, note: "1 GiB, the memory of this machine" });
});

it("is not known, for a reason, where the command is missing, hangs, prints garbage or names other cards", async () => {
  for (const text of [undefined, "", "\u0000\u0001,,,", "NVIDIA H200, [N/A]", "NVIDIA H200, 0", "NVIDIA A100, 81920"]) {
    const { bytes, note } = await memoryOf(adapter, undefined, saying(text));
    expect(bytes).toBeUndefined();
    expect(note).toMatch(/^the memory of .* is not known: WebGPU does not tell it, and nvidia-smi /);
  }
  const other = await memoryOf({ ...adapter, vendor: "amd" }, undefined, saying("NVIDIA H200, 143771"));
  expect(other).toEqual({ bytes: undefined, note: expect.stringMatching(/is not known: WebGPU does not tell it$/) });
});
