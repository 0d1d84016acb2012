/** What helps where Node finds no adapter: it depends on what was asked for, and on the system. */
import type { Advice } from "../../gpu/device/source.ts";
import { SWIFTSHADER_INSTALL } from "./swiftshader.ts";

const CHOOSE = "choose one of the adapters above by a part of its name (--device NAME, in the library `device`)";

const DRIVERS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux:
    "install a Vulkan driver: the GPU's own, or the software driver of Mesa (Debian, Ubuntu: apt install mesa-vulkan-drivers libvulkan1)",
  darwin: "update macOS: Metal comes with it",
  win32: "update the GPU's driver: WebGPU needs Direct3D 12 or Vulkan",
};

const driver = (): string => DRIVERS[process.platform] ?? "install a Vulkan driver";

const NVIDIA = {
  linux:
    "install NVIDIA's driver with its Vulkan part (vulkaninfo --summary should list the GPU); in a container set NVIDIA_DRIVER_CAPABILITIES=all",
  other: "install NVIDIA's driver",
};

/** What would bring the adapter that was asked for, which is not here. */
function wanted(choice: string): string | undefined {
  if (choice === "cuda") return process.platform === "linux" ? NVIDIA.linux : NVIDIA.other;
  if (choice === "mps")
    return process.platform === "darwin"
      ? DRIVERS.darwin
      : `mps is Metal on Apple's computers; this is ${process.platform}`;
  if (choice === "cpu" || /swiftshader/i.test(choice))
    return process.platform === "linux" && process.arch === "x64" ? SWIFTSHADER_INSTALL : driver();
  return undefined;
}

export const advice: Advice = {
  missing(choice, found) {
    if (choice === "auto") return driver();
    const own = wanted(choice);
    return [own, found ? CHOOSE : own ? undefined : driver()].filter(Boolean).join("; or ");
  },
  small: "update the driver, or choose another adapter (--device NAME, in the library `device`)",
  refused: "update the driver, or choose another adapter (--device NAME, in the library `device`)",
};
