/** What else is here, on systems that are made up. */
import { describe, expect, it, vi } from "vitest";
import { installedText } from "../../src/cli/surroundings.ts";
import { adviceFor, conditions } from "../../src/platform/node/conditions.ts";
import { installed, type System, thisSystem } from "../../src/platform/node/installed.ts";

const empty: System = {
  platform: "linux",
  says: async () => undefined,
  text: async () => undefined,
  names: async () => [],
  package: async () => undefined,
};

describe("what is installed", () => {
  it("is found by what commands print, headers and folders say", async () => {
    vi.stubEnv("AF3_GPU_CACHE", "/cache");
    vi.stubEnv("VIRTUAL_ENV", "");
    vi.stubEnv("CONDA_PREFIX", "");
    const prints: Record<string, string> = {
      "nvidia-smi --query-gpu=name,driver_version,memory.total,power.limit --format=csv,noheader":
        "NVIDIA H100, 570.1, 81559 MiB, 700.00 W\nNVIDIA H100, 570.1, 81559 MiB, 350.00 W\n",
      "nvidia-smi": "| NVIDIA-SMI 570.1   Driver Version: 570.1   CUDA Version: 12.8   |",
      "nvcc --version": "Cuda compilation tools, release 12.6, V12.6.85",
    };
    const files: Record<string, string> = {
      "/usr/include/cudnn_version.h": "#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 5\n#define CUDNN_PATCHLEVEL 1\n",
      "/opt/rocm/.info/version": "6.2.0-66\n",
    };
    const folders: Record<string, string[]> = {
      "/cache/venv": ["ligo", "deepmind"],
      "/cache/venv/ligo/lib": ["python3.11"],
      "/cache/venv/ligo/lib/python3.11/site-packages": [
        "torch-2.9.0+cpu.dist-info",
        "torchvision-0.2.dist-info",
        "numpy",
      ],
      "/cache/venv/deepmind/lib": ["python3.12"],
      "/cache/venv/deepmind/lib/python3.12/site-packages": ["jax-0.7.0.dist-info", "onnxruntime_gpu-1.22.0.dist-info"],
    };
    const found = await installed({
      platform: "linux",
      says: async (command, ...args) => prints[[command, ...args].join(" ")],
      text: async (file) => files[file],
      names: async (folder) => folders[folder.replaceAll("\\", "/")] ?? [],
      package: async (name) => (name === "onnxruntime-node" ? "1.30.0" : undefined),
    });
    vi.unstubAllEnvs();
    expect(found).toEqual({
      nvidia: "NVIDIA H100, 570.1, 81559 MiB, 700.00 W; NVIDIA H100, 570.1, 81559 MiB, 350.00 W",
      cuda: "12.6, 12.8 (the driver's)",
      cudnn: "9.5.1",
      rocm: "6.2.0-66",
      metal: null,
      torch: "2.9.0+cpu (ligo)",
      jax: "0.7.0 (deepmind)",
      jaxlib: null,
      onnxruntime: "1.22.0 (deepmind)",
      "onnxruntime-node": "1.30.0",
      "onnxruntime-web": null,
    });
  });

  it("is the word absent where there is nothing", async () => {
    const found = await installed(empty);
    expect(new Set(Object.values(found))).toEqual(new Set([null]));
    expect(installedText(found)).toMatch(/^nvidia absent, cuda absent, .*onnxruntime-web absent$/);
  });

  it("asks for no more than some seconds: a command that hangs is none", async () => {
    expect(await thisSystem.says(process.execPath, "-e", "setInterval(() => {}, 1e6)")).toBeUndefined();
    expect(await thisSystem.says("no-such-command-anywhere")).toBeUndefined();
    expect(await thisSystem.says(process.execPath, "-p", "1+1")).toBe("2\n");
    expect(await thisSystem.package("onnxruntime-node")).toBe("1.30.0");
  }, 30_000);
});

describe("the machine's state", () => {
  it("is what the system tells, and null where it does not", async () => {
    const found = await conditions(
      {
        ...empty,
        text: async (file) =>
          file.endsWith("governor") ? "powersave\n" : file.endsWith("AC/online") ? "0\n" : undefined,
        names: async () => ["AC", "BAT0"],
      },
      { WAYLAND_DISPLAY: "wayland-0" },
    );
    expect(found).toMatchObject({ governor: "powersave", battery: true, desktop: true });
    expect(await conditions(empty, {})).toMatchObject({ governor: null, battery: null, desktop: false });
  });

  it("becomes advice only where something is known to be wrong", () => {
    const calm = { governor: "performance", battery: false, processors: 8, usable: 8, load: 0.5, desktop: false };
    expect(adviceFor(calm, { software: false })).toEqual([]);
    expect(adviceFor({ ...calm, governor: null, battery: null, load: null }, undefined)).toEqual([]);
    const words = (state: Partial<typeof calm>, software = false) =>
      adviceFor({ ...calm, ...state }, { software }).join(" ");
    expect(words({ governor: "schedutil" })).toContain("schedutil");
    expect(words({ battery: true })).toContain("battery");
    expect(words({ usable: 2 })).toContain("--threads 2");
    expect(words({ load: 3 })).toContain("load 3.0");
    expect(words({ desktop: true })).toContain("desktop");
    expect(words({ desktop: true }, true)).toBe("");
  });
});
