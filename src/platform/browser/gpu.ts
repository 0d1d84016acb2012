/** Where a browser finds WebGPU. */
import { UnavailableError } from "../../errors.ts";
import type { GpuSource } from "../../gpu/device/device.ts";

/** The browser's own adapter. A page cannot choose among several by name. */
export const browserSources = (): readonly GpuSource[] => [
  {
    name: "the browser",
    software: false,
    async open() {
      const { gpu } = globalThis.navigator as { readonly gpu?: GPU };
      if (!gpu) throw new UnavailableError("this browser has no WebGPU", "use a browser that has it, over https");
      return gpu;
    },
  },
];
