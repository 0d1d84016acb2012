/** Opening devices, with a GPU that can be made to fail. */
import { describe, expect, it } from "vitest";
import { WebGpuBackend } from "../../src/backends/webgpu.ts";
import { DeviceError, UnavailableError } from "../../src/errors.ts";
import { openDevice } from "../../src/gpu/device/device.ts";
import type { GpuSource } from "../../src/gpu/device/source.ts";

interface Fake {
  readonly info?: Partial<GPUAdapterInfo>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly features?: readonly string[];
  readonly refuses?: string;
}

const limits = {
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxStorageBuffersPerShaderStage: 8,
  minStorageBufferOffsetAlignment: 256,
};

class FakeDevice {
  readonly features = new Set<string>();
  readonly limits = limits;
  lose: (info: { reason: string; message: string }) => void = () => {};
  readonly lost = new Promise((resolve) => {
    this.lose = resolve;
  });
  onuncapturederror: ((event: { error: Error }) => void) | undefined;
  requested: unknown;
  pending: (Error | null)[] = [];
  pushErrorScope(): void {}
  async popErrorScope(): Promise<Error | null> {
    return this.pending.pop() ?? null;
  }
  destroy(): void {
    this.lose({ reason: "destroyed", message: "" });
  }
}

function gpuOf(fake: Fake | undefined, device = new FakeDevice()): GPU {
  const adapter = fake && {
    info: { vendor: "", architecture: "", device: "", description: "", ...fake.info },
    limits: { ...limits, ...fake.limits },
    features: new Set(fake.features ?? []),
    async requestDevice(descriptor: unknown) {
      if (fake.refuses) throw new Error(fake.refuses);
      device.requested = descriptor;
      return device;
    },
  };
  return { requestAdapter: async () => adapter ?? null } as unknown as GPU;
}

const source = (name: string, fake: Fake | undefined, device?: FakeDevice): GpuSource => ({
  name,
  software: false,
  open: async () => gpuOf(fake, device),
});

const hardware = { info: { vendor: "nvidia", device: "NVIDIA H200" } };
const software = { info: { vendor: "mesa", device: "llvmpipe" } };

describe("choosing an adapter", () => {
  it("takes the first that is there", async () => {
    const device = await openDevice([source("a", undefined), source("b", hardware), source("c", software)]);
    expect(device.adapter).toMatchObject({ device: "NVIDIA H200", software: false });
  });

  it.each([
    ["cpu", "llvmpipe"],
    ["cuda", "NVIDIA H200"],
    ["H200", "NVIDIA H200"],
    ["LLVM", "llvmpipe"],
  ])("takes for %s the one that fits", async (choice, expected) => {
    const device = await openDevice([source("a", hardware), source("b", software)], choice);
    expect(device.adapter.device).toBe(expected);
  });

  it("takes an Apple GPU under Linux for what it is, whatever Dawn calls its architecture", async () => {
    const info = { vendor: "mesa", architecture: "software", device: "apple-m1-g13g-a0-", isFallbackAdapter: false };
    expect((await openDevice([source("a", { info })])).adapter.software).toBe(false);
    const { isFallbackAdapter: _, ...silent } = info;
    expect((await openDevice([source("a", { info: silent })])).adapter.software).toBe(true);
  });

  it("marks software adapters by the flag or by their name", async () => {
    const flagged = { info: { device: "Basic", isFallbackAdapter: true } };
    expect((await openDevice([source("a", flagged)])).adapter.software).toBe(true);
    expect((await openDevice([source("a", software)])).adapter.software).toBe(true);
  });

  it("says what was found when nothing fits, and what helps", async () => {
    const opening = openDevice([source("the system", software), source("npm", undefined)], "cuda");
    await expect(opening).rejects.toThrow(
      'no WebGPU adapter fits "cuda" (the system: llvmpipe (software); npm: no adapter',
    );
    await expect(opening).rejects.toMatchObject({
      name: "UnavailableError",
      fix: "choose one of the adapters above",
    });
  });

  it("takes a source's hardware even if its software adapter comes first", async () => {
    const adapters: Record<string, GpuSource> = { "": source("", software), "NVIDIA H200": source("", hardware) };
    const both: GpuSource = {
      name: "both",
      software: false,
      open: (name = "") => adapters[name].open(),
      names: async () => ["llvmpipe", "NVIDIA H200"].filter((name) => name in adapters),
    };
    expect((await openDevice([both])).adapter.device).toBe("NVIDIA H200");
    expect((await openDevice([both], "cpu")).adapter.device).toBe("llvmpipe");
    const alone: GpuSource = { ...both, names: () => Promise.reject(new Error("cannot list")) };
    expect((await openDevice([alone, source("other", hardware)])).adapter.device).toBe("llvmpipe");
  });

  it("asks for an adapter where the source's drivers are found", async () => {
    let inside = false;
    const surrounded = (name: string, fake: Fake): GpuSource => ({
      ...source(name, fake),
      open: async () =>
        ({ requestAdapter: () => (inside ? gpuOf(fake).requestAdapter() : Promise.resolve(null)) }) as unknown as GPU,
      within(ask) {
        inside = true;
        try {
          return ask();
        } finally {
          inside = false;
        }
      },
    });
    expect((await openDevice([surrounded("a", hardware)])).adapter.device).toBe("NVIDIA H200");
    expect(inside).toBe(false);
  });

  it("tells as it stands what makes asking useless, and gives the advice of the platform", async () => {
    const useless = new UnavailableError("nothing to ask", "install something");
    const never: GpuSource = { ...source("a", hardware), ready: () => Promise.reject(useless) };
    await expect(openDevice([never, source("b", hardware)])).rejects.toBe(useless);
    const advice = {
      missing: (choice: string, found: boolean) => `${choice} ${found}`,
      small: "take a larger one",
      refused: "try again",
    };
    const own = (fake: Fake | undefined): GpuSource => ({ ...source("a", fake), advice });
    await expect(openDevice([own(undefined)])).rejects.toMatchObject({ fix: "auto false" });
    await expect(openDevice([own(hardware)], "mps")).rejects.toMatchObject({ fix: "mps true" });
  });

  it("survives a source that cannot even be opened", async () => {
    const broken: GpuSource = { name: "broken", software: false, open: () => Promise.reject(new Error("no library")) };
    expect((await openDevice([broken, source("b", hardware)])).adapter.device).toBe("NVIDIA H200");
    await expect(openDevice([broken])).rejects.toThrow("broken: no library");
  });
});

describe("opening", () => {
  it("asks for the limits that the adapter has and only for features it has", async () => {
    const fake = new FakeDevice();
    await openDevice([
      source("a", { ...hardware, limits: { maxStorageBufferBindingSize: 2 ** 31 - 4 }, features: ["subgroups"] }, fake),
    ]);
    expect(fake.requested).toMatchObject({
      requiredFeatures: ["subgroups"],
      requiredLimits: { maxStorageBufferBindingSize: 2 ** 31 - 4 },
    });
  });

  it.each([
    ["maxStorageBuffersPerShaderStage", 4],
    ["maxComputeWorkgroupStorageSize", 1024],
    ["maxComputeInvocationsPerWorkgroup", 32],
  ])("refuses an adapter whose %s is %i", async (name, value) => {
    const opening = openDevice([source("a", { ...hardware, limits: { [name]: value } })]);
    await expect(opening).rejects.toThrow(`NVIDIA H200 is too small: ${name} is ${value}`);
    await expect(opening).rejects.toBeInstanceOf(UnavailableError);
  });

  it("passes on why a device was refused", async () => {
    await expect(openDevice([source("a", { ...hardware, refuses: "driver too old" })])).rejects.toThrow(
      "refused to open: driver too old",
    );
  });
});

describe("a device that fails", () => {
  const opened = async () => {
    const fake = new FakeDevice();
    return { fake, device: await openDevice([source("a", hardware, fake)]) };
  };

  it("ends every wait when it is lost, now and later", async () => {
    const { fake, device } = await opened();
    const waiting = device.guard(new Promise(() => {}));
    fake.lose({ reason: "unknown", message: "the driver crashed" });
    await expect(waiting).rejects.toThrow(
      "the device was lost (unknown): the driver crashed; what was loaded on it is gone, load it again to open the device anew",
    );
    await expect(device.guard(Promise.resolve(1))).rejects.toMatchObject({ kind: "lost" });
    expect(() => device.check()).toThrow(DeviceError);
  });

  it("turns an uncaptured error into a failure of the work that waits", async () => {
    const { fake, device } = await opened();
    fake.onuncapturederror?.({ error: new (class GPUValidationError extends Error {})("bad binding\nmore") });
    await expect(device.guard(Promise.resolve(1))).rejects.toThrow("the device reported: bad binding");
  });

  it.each([
    ["GPUOutOfMemoryError", "out-of-memory", "out of memory; choose a smaller N"],
    ["GPUValidationError", "validation", "making buffers: no such thing"],
    ["GPUInternalError", "internal", "making buffers: no such thing"],
  ])("turns a scoped %s into one clear error", async (name, kind, message) => {
    const { fake, device } = await opened();
    const Named = { [name]: class extends Error {} }[name];
    fake.pending = [new Named("no such thing")];
    const scoped = device.scoped("making buffers", () => 1);
    await expect(scoped).rejects.toMatchObject({ kind });
    await expect(scoped).rejects.toThrow(message);
  });

  it("is closed once, and says so afterwards", async () => {
    const { device } = await opened();
    device.close();
    device.close();
    expect(() => device.check()).toThrow("closed");
  });
});

describe("a backend", () => {
  /** A source that gives a new device at every opening, after as many refusals. */
  function renewed(refusals = 0) {
    const given: FakeDevice[] = [];
    const one: GpuSource = {
      name: "a",
      software: false,
      async open() {
        given.push(new FakeDevice());
        return gpuOf(given.length > refusals ? hardware : undefined, given.at(-1));
      },
    };
    return { given, backend: new WebGpuBackend([one]) };
  }

  it("keeps its device for as long as it is there, and opens a lost one anew", async () => {
    const { given, backend } = renewed();
    const [first, again] = await Promise.all([backend.device(), backend.device()]);
    expect(again).toBe(first);
    given[0].lose({ reason: "unknown", message: "the driver crashed" });
    await expect(first.guard(new Promise(() => {}))).rejects.toThrow("was lost");
    const [second, same] = await Promise.all([backend.device(), backend.device()]);
    expect(same).toBe(second);
    expect(second).not.toBe(first);
    expect(() => second.check()).not.toThrow();
    expect(given).toHaveLength(2);
  });

  it("hands out a device that is lost at once, and does not open for ever", async () => {
    const { given, backend } = renewed();
    const opening = backend.device();
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    for (const device of given) device.lose({ reason: "unknown", message: "" });
    const device = await opening;
    await expect(device.guard(new Promise(() => {}))).rejects.toThrow("the device was lost (unknown); what");
    expect(given).toHaveLength(1);
  });

  it("that was refused asks again", async () => {
    const { backend } = renewed(1);
    expect(await backend.status()).toMatchObject({ ready: false });
    expect(await backend.status()).toMatchObject({ ready: true });
  });
});
