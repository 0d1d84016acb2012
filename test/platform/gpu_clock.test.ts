/** What a meter of clocks makes of what NVIDIA's command says, without such a GPU. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { setImmediate as soon } from "node:timers/promises";
import { expect, it } from "vitest";
import { clockMeter } from "../../src/platform/node/gpu_clock.ts";
import { scratch } from "../support/binary.ts";

/** A meter whose command and clock are the test's. */
function metered() {
  const lines = new PassThrough();
  let [time, ended] = [0, 0];
  const meter = clockMeter(
    () => ({ lines, end: () => void ended++ }),
    () => time,
  );
  const say = async (...said: readonly string[]): Promise<void> => {
    lines.write(said.map((line) => `${line}\n`).join(""));
    await soon();
    await soon();
  };
  return {
    meter,
    say,
    at(ms: number): void {
      time = ms;
    },
    ended: () => ended,
    lines,
  };
}

it("says the middle share of the highest clock of a stretch, whichever way the card's name is spelt", async () => {
  const { meter, say, at } = metered();
  await say("0, NVIDIA H200, 1980, 1980");
  at(1000);
  const end = meter.stretch("nvidia-h200");
  at(1100);
  await say("0, NVIDIA H200, 990, 1980", "0, NVIDIA H200, 345, 1980", "0, NVIDIA H200, 1200, 1980");
  expect(end()).toBe(0.5);
});

it("takes the last answer for a stretch that is too short to have one, unless it is old", async () => {
  const { meter, say, at } = metered();
  await say("0, NVIDIA H200, 1980, 1980");
  at(10);
  expect(meter.stretch("NVIDIA H200")()).toBe(1);
  at(5000);
  expect(meter.stretch("NVIDIA H200")()).toBeNull();
});

it("says nothing of other devices, of one of several cards, and of what is no answer", async () => {
  const { meter, say, lines } = metered();
  const ends = ["AMD EPYC", "NVIDIA A100", "NVIDIA T4", "NVIDIA L4", ""].map((device) => meter.stretch(device));
  await say("0, NVIDIA A100, 500, 1000", "1, NVIDIA A100, 1000, 1000");
  await say("0, NVIDIA T4, [N/A], 1000", "0, NVIDIA L4, 500, 0", "Failed to initialize NVML", "", ",,,");
  expect(ends.map((end) => end())).toEqual([null, null, null, null, null]);
  lines.destroy(new Error("broken pipe"));
  await soon();
  expect(ends[1]()).toBeNull();
});

it("ends its command", () => {
  const { meter, ended } = metered();
  meter.end();
  expect(ended()).toBe(1);
});

it.skipIf(process.platform === "win32")(
  "hears a command that goes on, until it is ended (POSIX: the fake one is a shell script)",
  async () => {
    const folder = scratch();
    const script = "#!/bin/sh\nwhile true; do echo '0, NVIDIA H200, 495, 1980'; sleep 0.05; done\n";
    writeFileSync(path.join(folder, "nvidia-smi"), script, { mode: 0o755 });
    const before = process.env.PATH;
    process.env.PATH = `${folder}:${before}`;
    const meter = clockMeter();
    process.env.PATH = before;
    const end = meter.stretch("nvidia-h200");
    await expect.poll(end).toBe(0.25);
    meter.end();
  },
);

it("says nothing, and fails nothing, where the command is not here", async () => {
  const before = process.env.PATH;
  process.env.PATH = "/nowhere";
  const meter = clockMeter();
  process.env.PATH = before;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(meter.stretch("NVIDIA H200")()).toBeNull();
  meter.end();
});
