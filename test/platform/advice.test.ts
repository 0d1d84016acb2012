/** Errors about a missing device say what helps on this platform: a page is told of browsers, a terminal of drivers. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { openWebGpu } from "../../src/browser.ts";
import { advice } from "../../src/platform/node/advice.ts";

afterEach(() => vi.unstubAllGlobals());

const TERMINAL = /--\w|\b(apt|npm|vulkan|doctor)\b/i;

/** The error of opening, in a browser with such globals. */
async function inBrowser(gpu: unknown, { secure = true, device = "auto" } = {}) {
  vi.stubGlobal("navigator", { gpu });
  vi.stubGlobal("isSecureContext", secure);
  const status = await openWebGpu({ device }).status();
  if (status.ready) throw new Error("there is a device");
  return status;
}

const adapter = {
  info: { vendor: "apple", device: "M2", architecture: "", description: "" },
  limits: {},
  features: new Set(),
};

describe("in a browser", () => {
  it("names the browsers that have WebGPU", async () => {
    const { reason, fix } = await inBrowser(undefined);
    expect(reason).toBe("this browser has no WebGPU");
    expect(fix).toMatch(/Chrome or Edge 113, Safari 26, Firefox 141/);
    expect(fix).not.toMatch(TERMINAL);
  });

  it("says that a page over http has none", async () => {
    const { reason, fix } = await inBrowser(undefined, { secure: false });
    expect([reason, fix]).toEqual([
      expect.stringContaining("did not come over https"),
      expect.stringContaining("localhost"),
    ]);
  });

  it.each([
    ["has no adapter", { requestAdapter: async () => null }, "auto", /hardware acceleration/],
    ["has another adapter", { requestAdapter: async () => adapter }, "cuda", /leave the device out/],
    ["has one that is too small", { requestAdapter: async () => adapter }, "auto", /update the browser/],
  ])("that %s", async (_, gpu, device, expected) => {
    const limits = { maxStorageBuffersPerShaderStage: 1 };
    Object.assign(adapter, { limits });
    const { reason, fix } = await inBrowser(gpu, { device });
    expect(fix).toMatch(expected);
    expect(`${reason} ${fix}`).not.toMatch(TERMINAL);
  });
});

describe("in Node", () => {
  const on = (platform: string, arch = "x64") => vi.stubGlobal("process", { ...process, platform, arch });

  it.each([
    ["linux", "auto", /Vulkan driver.*apt install/],
    ["darwin", "auto", /macOS/],
    ["win32", "auto", /Direct3D 12/],
    ["linux", "cuda", /NVIDIA's driver.*NVIDIA_DRIVER_CAPABILITIES/],
    ["win32", "cuda", /NVIDIA's driver$/],
    ["linux", "mps", /mps is Metal on Apple's computers; this is linux/],
    ["linux", "cpu", /npm install @sparticuz\/chromium@\d+ tar-fs@\d+/],
  ])("on %s, --device %s", (platform, choice, expected) => {
    on(platform);
    expect(advice.missing(choice, false)).toMatch(expected);
  });

  it("offers the adapters that are there, by the option's name in both worlds", () => {
    on("linux");
    expect(advice.missing("Voodoo", true)).toMatch(/^choose one of the adapters above .*--device NAME.*`device`/);
    expect(advice.missing("cuda", true)).toMatch(/NVIDIA.*; or choose one of the adapters above/);
  });
});
