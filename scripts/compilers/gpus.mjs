// GPUs whose compilers can be asked without the GPU, and what an adapter on them is called.
import { drivers } from "./drivers/index.mjs";

/**
 * @typedef {object} Gpu
 * @property {string} says
 * @property {import("./drivers/index.mjs").Driver} driver
 * @property {Readonly<Record<string, string>>} environment what chooses it among its driver's
 * @property {Readonly<{ vendor: string, architecture: string, device?: string }>} [adapter] what WebGPU calls it, where the shim makes
 *   the driver say something else: rows of the tuning table are chosen by it
 * @property {boolean} [system] whether Debian 12's own backport of Mesa knows it
 */

/** @param {string} id @param {string} says @returns {Gpu} */
const amd = (id, says) => ({
  says,
  driver: drivers.radv,
  environment: { AMDGPU_GPU_ID: id },
  system: id !== "gfx1201",
});

/** @param {string} id @param {string} says @param {string} architecture @returns {Gpu} */
const nvidia = (id, says, architecture) => ({
  says: `${says} (by NVK, not NVIDIA's compiler)`,
  driver: drivers.nvk,
  environment: { NOUVEAU_CHIPSET: id },
  // The shim has no PCI identity, by which Dawn knows the architecture.
  adapter: { vendor: "nvidia", architecture },
});

/** @type {Readonly<Record<string, Gpu>>} */
export const gpus = {
  vega10: amd("vega10", "AMD Radeon RX Vega 64, gfx9"),
  navi21: amd("navi21", "AMD Radeon RX 6800 XT, gfx10.3"),
  navi31: amd("navi31", "AMD Radeon RX 7900 XTX, gfx11"),
  gfx1201: amd("gfx1201", "AMD Radeon RX 9070 XT, gfx12"),
  tu102: nvidia("0x162", "NVIDIA GeForce RTX 2080 Ti, SM 7.5", "turing"),
  ga102: nvidia("0x172", "NVIDIA GeForce RTX 3090, SM 8.6", "ampere"),
  m1: {
    says: "Apple M1 (by Honeykrisp, not Apple's compiler)",
    driver: drivers.honeykrisp,
    environment: {},
    // Most of them run macOS, where the tuning table knows them by Metal's name.
    adapter: { vendor: "apple", architecture: "metal-3", device: "Apple M1" },
  },
  a740: { says: "Qualcomm Adreno 740", driver: drivers.turnip, environment: { FD_GPU_ID: "740" } },
};

/** Asked unless others are named: one of each kind. */
export const usual = ["vega10", "navi31", "gfx1201", "ga102", "m1", "a740"];
