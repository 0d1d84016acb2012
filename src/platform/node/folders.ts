/** Folders outside of the project that commands may write to. */
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Where unpacked drivers, exported graphs and Python environments go: AF3_GPU_CACHE, else the user's cache folder. */
export function cacheFolder(): string {
  const { AF3_GPU_CACHE, XDG_CACHE_HOME } = process.env;
  return AF3_GPU_CACHE || path.join(XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "af3-gpu");
}

/** The package's own folder: the same from src and from dist. */
export const packageFolder = fileURLToPath(new URL("../../../", import.meta.url));
