/** Opening one device after another in one process: each time the sources are asked in the same order, as if for the first time. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestBackend, swiftShaderHere, swiftShaderSkip } from "../support/device.ts";

/** Names of the devices that a sequence of choices opens; of a choice that is refused, the reason. */
async function opened(choices: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const choice of choices) {
    const backend = openTestBackend(choice);
    const status = await backend.status();
    names.push(status.ready ? status.device.name : status.reason);
    await backend.dispose();
  }
  return names;
}

const SWIFTSHADER = /^swiftshader/;
let auto: string;
beforeAll(async () => {
  [auto] = await opened(["auto"]);
});

describe("a choice of device does not depend on earlier ones", () => {
  beforeEach(({ skip }) => {
    if (!swiftShaderHere) skip(swiftShaderSkip);
  });

  it.for([
    ["cuda no such adapter", "auto"],
    ["swiftshader", "auto"],
    ["auto", "swiftshader", "auto"],
    ["no such adapter", "swiftshader", "no such adapter", "auto"],
  ])("%s", async (choices) => {
    const names = await opened(choices);
    for (const [index, choice] of choices.entries()) {
      if (choice === "auto") expect(names[index]).toBe(auto);
      else if (choice === "swiftshader") expect(names[index]).toMatch(SWIFTSHADER);
      else expect(names[index]).toContain(`no WebGPU adapter fits "${choice}"`);
    }
  });

  it("and says of each source what it has", async () => {
    const [first, second] = await opened(["no such adapter", "no such adapter"]);
    expect(second).toBe(first);
    expect(first).toMatch(/SwiftShader from npm: swiftshader/);
  });

  it("two at once get what each asked for", async () => {
    const backends = ["swiftshader", "auto", "swiftshader"].map(openTestBackend);
    const names = await Promise.all(backends.map(async (backend) => (await backend.device()).adapter.device));
    expect([names[0], names[2]]).toEqual([expect.stringMatching(SWIFTSHADER), names[0]]);
    expect(auto).toContain(names[1]);
    for (const backend of backends) await backend.dispose();
  });

  it("nor does one that was lost", async () => {
    for (const choice of ["auto", "swiftshader"]) {
      const backend = openTestBackend(choice);
      const lost = await backend.device();
      lost.handle.destroy();
      await expect(lost.guard(new Promise(() => {}))).rejects.toThrow("the device was lost");
      expect((await backend.device()).adapter).toEqual(lost.adapter);
      await backend.dispose();
      expect(await opened(["auto"])).toEqual([auto]);
    }
  });

  it("and the process's environment stays as it was", async () => {
    const before = { ...process.env };
    await opened(["swiftshader", "auto"]);
    expect(process.env).toEqual(before);
  });
});
