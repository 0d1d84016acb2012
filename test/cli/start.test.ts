/** The process that starts the program: what it passes on, and what it does when the program ends otherwise than it should. */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isNoise, noiseFilter } from "../../src/cli/noise.ts";
import { binary, scratch, start } from "../support/binary.ts";

describe("what libraries say on stderr", () => {
  it.each([
    "Warning: maxDynamicUniformBuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.\n",
    "Warning: maxDynamicStorageBuffersPerPipelineLayout artificially reduced from 500000 to 16 to fit dynamic offset allocation limit.\r\n",
    "Warning: Couldn't load Vulkan: /somewhere/libvulkan.so.1: file too short\n",
    "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory\n",
    "    at operator() (/home/somebody/third_party/dawn/src/dawn/native/vulkan/BackendVk.cpp:368)\n",
    "Warning: vkCreateInstance: Found no drivers!\n",
    "Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER\n",
    "WARNING: lavapipe is not a conformant vulkan implementation, testing use only.\n",
    "error: XDG_RUNTIME_DIR is invalid or not set in the environment.\n",
  ])("is left out where nobody can act on it: %s", (line) => {
    expect(isNoise(line)).toBe(true);
  });

  it.each([
    "Warning: maxStorageBufferBindingSize artificially reduced from 4 to 2\n",
    "Error: the device is out of memory\n",
    "Warning: vkCreateDevice failed with VK_ERROR_DEVICE_LOST\n",
    "    at operator() (/home/somebody/network.cpp:368)\n",
    "af3-gpu: Warning: maxDynamicUniformBuffersPerPipelineLayout artificially reduced from 2 to 1 to fit dynamic offset allocation limit.\n",
    "\n",
  ])("is passed on where it is anything else: %s", (line) => {
    expect(isNoise(line)).toBe(false);
  });
});

it("a blank line is left out with the remark that it ends, and with nothing else", () => {
  const remark = [
    "Warning: Couldn't load Vulkan: libvulkan.so.1: file too short\n",
    "    at operator() (/home/somebody/third_party/dawn/src/dawn/native/vulkan/BackendVk.cpp:368)\n",
    "\n",
  ];
  const isNoise = noiseFilter();
  const passed = ["first\n", "\n", ...remark, "\n", ...remark, "last\n", "\n"].filter((line) => !isNoise(line));
  expect(passed).toEqual(["first\n", "\n", "\n", "last\n", "\n"]);
});

it("where in Dawn a Vulkan call failed is left out with the remark that it belongs to, and with nothing else", () => {
  const place =
    "    at CheckVkSuccessImpl (/home/somebody/third_party/dawn/src/dawn/native/vulkan/VulkanError.cpp:106)\n";
  const known = [
    "Warning: vkCreateInstance: Found no drivers!\n",
    "Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER\n",
    place,
    "\n",
  ];
  const lost = ["Warning: vkQueueSubmit failed with VK_ERROR_DEVICE_LOST\n", place, "\n"];
  const isNoise = noiseFilter();
  expect([...known, ...lost].filter((line) => !isNoise(line))).toEqual(lost);
});

describe.skipIf(process.platform === "win32")("a working folder that has been removed", () => {
  it.each([
    ["run", "ligo-pairformer-odd", "--out", "x.npz"],
    ["weights", "inspect", "x.safetensors"],
    ["kernels", "--list"],
    ["demo"],
  ])("is said to be, for %s", async (...args) => {
    const cwd = scratch();
    const shell = ["-c", 'rmdir "$1" && shift && exec "$@"', "sh", cwd, process.execPath, binary, ...args];
    const { status, stdout, stderr } = spawnSync("sh", shell, { cwd, encoding: "utf8" });
    expect([status, stdout, stderr]).toEqual([
      2,
      "",
      "af3-gpu: the working folder is not there any more: change to another one\n",
    ]);
  });
});

/** The process that a command started. */
async function programOf(pid: number): Promise<number> {
  for (let time = 0; time < 200; time++) {
    try {
      return Number(execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" }).split("\n")[0]);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("it has started nothing");
}

const LONG = [
  "weights",
  "random",
  "--engine",
  "deepmind",
  "--component",
  "full",
  "--preset",
  "paper",
  "--out",
  "OUT.safetensors",
];

/** Waits until a folder holds something. */
async function filled(folder: string): Promise<void> {
  while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(process.platform === "win32")("a program that is killed", () => {
  it("is said to be, and leaves no temporary file", async () => {
    const cwd = scratch();
    const running = start(LONG, { cwd });
    await filled(cwd);
    process.kill(await programOf(running.pid), "SIGKILL");
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([
      137,
      expect.stringMatching(/^af3-gpu: the program was ended by SIGKILL: .*memory.*\n$/),
    ]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("by the graphics driver is explained", async () => {
    const cwd = scratch();
    const running = start(LONG, { cwd });
    await filled(cwd);
    process.kill(await programOf(running.pid), "SIGSEGV");
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([139, expect.stringContaining("by SIGSEGV: perhaps by the graphics driver")]);
  });

  it("together with whoever started it ends soon, and by itself if it is left alone", async () => {
    const cwd = scratch();
    const running = start(LONG, { cwd });
    await filled(cwd);
    const program = await programOf(running.pid);
    process.kill(running.pid, "SIGKILL");
    const gone = (): boolean => {
      try {
        process.kill(program, 0);
        return false;
      } catch {
        return true;
      }
    };
    for (let time = 0; time < 100 && !gone(); time++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(gone()).toBe(true);
    expect(readdirSync(cwd)).toEqual([]);
  });
});
