/** Where a browser finds WebGPU, and what its user can do where there is none. */
import { UnavailableError } from "../../errors.ts";
import type { Advice, GpuSource } from "../../gpu/device/source.ts";

const BROWSERS =
  "use a browser that has it: Chrome or Edge 113, Safari 26, Firefox 141 (Windows) or 145 (macOS), or later; Chrome on Linux may want chrome://flags/#enable-unsafe-webgpu";

const UPDATE =
  "update the browser and the graphics driver, and turn on hardware acceleration in the browser's settings";

const advice: Advice = {
  missing: (_, found) =>
    found
      ? "leave the device out, or name a part of that adapter's name: a page is given one adapter and cannot ask for another"
      : `${UPDATE}; chrome://gpu or about:support says what it holds against the GPU`,
  small: UPDATE,
  refused: `reload the page, close other pages that use the GPU, or ${UPDATE}`,
};

/** The browser's own adapter. A page cannot choose among several by name. */
export const browserSources = (): readonly GpuSource[] => [
  {
    name: "the browser",
    software: false,
    advice,
    async ready() {
      if (gpu()) return;
      if (globalThis.isSecureContext === false)
        throw new UnavailableError(
          "this page has no WebGPU: it did not come over https",
          "open it over https, or from localhost",
        );
      throw new UnavailableError("this browser has no WebGPU", BROWSERS);
    },
    async open() {
      return gpu() as GPU;
    },
  },
];

const gpu = (): GPU | undefined => (globalThis.navigator as { readonly gpu?: GPU } | undefined)?.gpu;
