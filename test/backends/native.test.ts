/** The native backend against a shim that fails in every way: clear errors, no process and no file left, the next load works. */

import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LoadRequest } from "../../src/backends/backend.ts";
import { NativeBackend, type NativeOptions } from "../../src/backends/native/backend.ts";
import { toyComponent, toyReference } from "../../src/engines/components/toy.ts";
import { findEngine } from "../../src/engines/index.ts";
import { BadInputError, CancelledError, DeviceError, UnavailableError } from "../../src/errors.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";
import { compare } from "../../src/kernels/check/compare.ts";
import { reduction } from "../../src/kernels/check/tolerance.ts";
import { scratch } from "../support/binary.ts";
import { fakeShims, leftBehind, runs } from "../support/fake_shim.ts";

const N = 5;
const configured = toyComponent(findEngine("ligo")).configure({}, { tokens: N }, () => {});
const inputs = configured.randomInputs(3);
const request: LoadRequest = {
  engine: "ligo",
  component: "toy",
  config: {},
  weights: { kind: "random", seed: 7 },
  sizes: { tokens: N },
};

let cache = "";
const opened: NativeBackend[] = [];
beforeEach(() => {
  cache = scratch();
  vi.stubEnv("AF3_GPU_CACHE", cache);
});
afterEach(async () => {
  for (const backend of opened.splice(0)) await backend.dispose();
  vi.unstubAllEnvs();
});

function open(options: NativeOptions = {}) {
  const { host, ...shims } = fakeShims(path.join(cache, "shim"));
  const backend = new NativeBackend(host, options);
  opened.push(backend);
  return { backend, ...shims };
}

/** The process that answers next. */
async function pidOf(backend: NativeBackend): Promise<number> {
  const status = await backend.status("ligo");
  return status.ready ? Number(status.device.versions?.pid) : Number.NaN;
}

const gone = (pid: number) => expect.poll(() => runs(pid), { timeout: 10_000 }).toBe(false);

/** What a promise is rejected with. */
const thrown = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error("nothing was thrown")),
    (error: Error) => error,
  );

describe("a shim that works", () => {
  it("gets weights and inputs, gives outputs, times and memory, and leaves nothing behind", async () => {
    const { backend } = open({ threads: 3 });
    expect(await backend.status("ligo")).toMatchObject({ ready: true, device: { name: "a GPU", software: false } });
    const pid = await pidOf(backend);
    const runner = await backend.load(request);
    const { outputs, times, peakBytes, processorMs } = await runner.time(inputs);
    const weights = findEngine("ligo").randomWeight("toy.weights", [64, 64], 7);
    const wanted = toyReference((inputs.get("x") as HostTensor).data as Float32Array, weights);
    expect(compare((outputs.get("y") as HostTensor).data, wanted).error).toBeLessThan(reduction(64));
    expect(times).toEqual({
      elapsed: 3,
      execute: 2,
      gpu: undefined,
      sections: [{ name: "", runs: 1, execute: 2, gpu: undefined }],
    });
    expect(processorMs).toBe(2.5);
    expect([...outputs.keys()]).toEqual(["y"]);
    expect(peakBytes).toBeUndefined(); // what it says of its process is not what a GPU holds
    expect(runner.memory).toEqual({ weights: 4 * 64 * 64, activations: undefined, overhead: undefined });
    expect(JSON.parse(String(runner.settings.asked))).toEqual({
      component: "toy",
      config: {},
      sizes: { tokens: N, width: 64 },
      device: "cuda",
      variant: "eager",
      threads: 3,
    });
    expect(runner.settings).not.toHaveProperty("nested");
    expect(leftBehind(cache).filter((name) => name.endsWith(".safetensors"))).toEqual([]);
    await runner.dispose();
    await backend.dispose();
    await gone(pid);
    expect(leftBehind(cache)).toEqual([]);
  });

  it("stays for the next load, and gets a second process beside it while it is in use", async () => {
    const { backend } = open({ device: "cpu" });
    const pid = await pidOf(backend);
    const first = await backend.load(request);
    const second = await backend.load({ ...request, threads: 2 });
    expect(leftBehind(cache)).toHaveLength(2);
    expect((await first.time(inputs)).peakBytes).toBe(4096); // on a CPU the process's memory is the device's
    expect(await second.run(inputs)).toEqual(await first.run(inputs));
    await Promise.all([first.dispose(), second.dispose(), second.dispose()]);
    await expect(first.run(inputs)).rejects.toThrow("disposed");
    const third = await backend.load(request);
    expect(leftBehind(cache)).toHaveLength(2);
    expect(runs(pid)).toBe(true);
    await third.dispose();
  });

  it("is refused for bad inputs before it is asked", async () => {
    const { backend } = open();
    const runner = await backend.load(request);
    const wrong = new Map([["x", float32([N + 1, 64], new Float32Array((N + 1) * 64))]]);
    expect(await thrown(runner.run(wrong))).toBeInstanceOf(BadInputError);
    const nan = new Map([["x", float32([N, 64], new Float32Array(N * 64).fill(Number.NaN))]]);
    expect((await thrown(runner.run(nan))).message).toContain("NaN");
    expect((await runner.run(inputs)).size).toBe(1);
  });
});

describe("what it cannot do", () => {
  it("says which variants and devices there are", async () => {
    const status = async (options: NativeOptions) => open(options).backend.status("ligo");
    expect(await status({ variant: "bf16" })).toMatchObject({
      ready: false,
      reason: "the ligo shim has the variants eager, tf32 on cuda, not bf16",
      fix: "use native:eager",
    });
    expect(await status({ variant: "tf32", device: "cpu" })).toMatchObject({
      ready: false,
      fix: "use native:eager, or --device cuda: TF32 is a mode of NVIDIA GPUs",
    });
    expect(await status({ device: "mps" })).toMatchObject({
      ready: false,
      reason: "the ligo shim runs on cpu, cuda here, not on mps",
    });
    expect(await status({ variant: "tf32" })).toMatchObject({ ready: true });
  });

  it("refuses a limit of memory, an unknown component and a config that is none", async () => {
    const { backend } = open();
    expect(await thrown(backend.load({ ...request, memoryLimit: 1e9 }))).toBeInstanceOf(UnavailableError);
    const head = { config: { c_z: 8, no_bins: 4 }, component: "distogram_head" };
    expect((await thrown(backend.load({ ...request, ...head }))).message).toBe(
      "the ligo shim has no component distogram_head",
    );
    expect(await thrown(backend.load({ ...request, ...head, config: { c_z: "many" } }))).toBeInstanceOf(BadInputError);
    await (await backend.load(request)).dispose();
  });

  it("takes no shim of another protocol", async () => {
    const { backend, mode } = open();
    mode("old");
    expect(await backend.status("ligo")).toMatchObject({
      ready: false,
      reason: expect.stringContaining("protocol 0 in place of 1"),
    });
    expect(leftBehind(cache)).toEqual([]);
  });
});

describe("a shim that fails", () => {
  /** Fails a run in a way; the error, the process, and that the next load works. */
  async function failing(mode: string) {
    const { backend, mode: set } = open();
    const pid = await pidOf(backend);
    const runner = await backend.load(request);
    set(mode);
    const error = await thrown(runner.run(inputs));
    set("");
    return { backend, pid, runner, error };
  }

  async function worksAgain(backend: NativeBackend): Promise<void> {
    const next = await backend.load(request);
    expect((await next.run(inputs)).get("y")?.shape).toEqual([N, 64]);
    await next.dispose();
    await backend.dispose();
    expect(leftBehind(cache)).toEqual([]);
  }

  it("crash: the exit code and its last words; the next load starts another", async () => {
    const { backend, pid, runner, error } = await failing("crash");
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.message).toBe(
      "the ligo shim ended with exit code 3; its last words: Traceback | the reason of the crash",
    );
    await gone(pid);
    expect(await thrown(runner.run(inputs))).toBe(error);
    await runner.dispose();
    await worksAgain(backend);
  });

  it("kill -9 while it computes: the signal", async () => {
    const { backend, mode, hangs } = open();
    const pid = await pidOf(backend);
    const runner = await backend.load(request);
    mode("hang");
    const failed = thrown(runner.run(inputs));
    await expect.poll(hangs).toBe(true);
    process.kill(pid, "SIGKILL");
    expect((await failed).message).toBe("the ligo shim was ended by SIGKILL");
    await runner.dispose();
    mode("");
    await worksAgain(backend);
  });

  it("hang: stopped after its time, which the message tells how to prolong", async () => {
    const { backend, mode } = open();
    const pid = await pidOf(backend);
    const runner = await backend.load(request);
    mode("hang");
    vi.stubEnv("AF3_GPU_SHIM_TIMEOUT", "0.5");
    expect((await thrown(runner.run(inputs))).message).toBe(
      "the ligo shim did not answer within 0.5 s (AF3_GPU_SHIM_TIMEOUT gives it longer) and was stopped",
    );
    await gone(pid);
    vi.stubEnv("AF3_GPU_SHIM_TIMEOUT", "soon");
    await runner.dispose();
    expect((await thrown(backend.load(request))).message).toContain("AF3_GPU_SHIM_TIMEOUT should be a number");
    vi.stubEnv("AF3_GPU_SHIM_TIMEOUT", "");
    mode("");
    await worksAgain(backend);
  });

  it("Ctrl-C while it computes: cancelled, and the process is gone", async () => {
    const { backend, mode, hangs } = open();
    const pid = await pidOf(backend);
    const runner = await backend.load(request);
    mode("hang");
    const stop = new AbortController();
    const failed = thrown(runner.run(inputs, { signal: stop.signal }));
    await expect.poll(hangs).toBe(true);
    stop.abort();
    expect(await failed).toBeInstanceOf(CancelledError);
    await gone(pid);
    await runner.dispose();
    mode("");
    await worksAgain(backend);
  });

  it("a line that is no answer: quoted, and the process is stopped", async () => {
    const { backend, pid, runner, error } = await failing("garbage");
    expect(error.message).toBe('the ligo shim wrote "Loading weights ...", which is no answer');
    await gone(pid);
    await runner.dispose();
    await worksAgain(backend);
  });

  it.for([
    ["disk full", DeviceError, "No space left on device"],
    ["out of memory", DeviceError, "does not suffice"],
    ["unavailable", UnavailableError, "no compiler"],
    ["misshapen", DeviceError, `gives y as F32 [64, ${N}], expected F32 [tokens, width]`],
  ] as const)("%s: an error, and the same process goes on", async ([mode, kind, message]) => {
    const { pid, runner, error, backend } = await failing(mode);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(message);
    expect((await runner.run(inputs)).size).toBe(1);
    expect(runs(pid)).toBe(true);
    await runner.dispose();
    await worksAgain(backend);
  });
});
