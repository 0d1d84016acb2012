/** What of a machine's state makes times doubtful, and what helps. */
import os from "node:os";
import type { AdapterSummary } from "../../gpu/device/adapter.ts";
import { type Installed, installed, type System, thisSystem } from "./installed.ts";

/** The state of the machine; null where the system does not tell. */
export interface Conditions {
  /** How the processor's clock is governed, such as `performance`. */
  readonly governor: string | null;
  /** Whether it runs on a battery. */
  readonly battery: boolean | null;
  /** Processors that there are, and those that this process may use. */
  readonly processors: number;
  readonly usable: number;
  /** Processes that wanted to run during the last minute, in the middle. */
  readonly load: number | null;
  /** Whether a desktop draws here, perhaps with the same GPU. */
  readonly desktop: boolean;
}

const CPU = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
const POWER = "/sys/class/power_supply";

/** Asks the system for its state. */
export async function conditions(system: System = thisSystem, env = process.env): Promise<Conditions> {
  const governor = (await system.text(CPU))?.trim();
  const supplies = await Promise.all((await system.names(POWER)).map((name) => system.text(`${POWER}/${name}/online`)));
  const mains = supplies.filter((online) => online !== undefined);
  const macOnBattery =
    system.platform === "darwin" ? (await system.says("pmset", "-g", "batt"))?.includes("Battery Power") : undefined;
  const [load] = os.loadavg();
  return {
    governor: governor || null,
    battery: macOnBattery ?? (mains.length > 0 ? mains.every((online) => online?.trim() === "0") : null),
    processors: os.cpus().length,
    usable: os.availableParallelism(),
    load: system.platform === "win32" ? null : load,
    desktop: Boolean(env.DISPLAY || env.WAYLAND_DISPLAY) || system.platform === "darwin" || system.platform === "win32",
  };
}

/** What a result keeps of the machine that it was measured on, beside the adapter. */
export async function machineState(): Promise<{ readonly installed: Installed; readonly conditions: Conditions }> {
  const [found, state] = await Promise.all([installed(), conditions()]);
  return { installed: found, conditions: state };
}

/** More than this share of the processors wanted makes a machine busy. */
const BUSY = 0.25;

/** What would make times better or more certain, a sentence each; none if nothing is known to be wrong. */
export function adviceFor(
  { governor, battery, processors, usable, load, desktop }: Conditions,
  adapter: Pick<AdapterSummary, "software"> | undefined,
): string[] {
  const advice: string[] = [];
  if (governor !== null && governor !== "performance")
    advice.push(
      `the processor's clock is governed by ${governor}: cpupower frequency-set -g performance keeps it up while you measure`,
    );
  if (battery) advice.push("this machine runs on its battery: plug it in, and choose the power mode for performance");
  if (usable < processors)
    advice.push(
      `${usable} of ${processors} processors may be used here (an affinity or a container's limit): --threads ${usable} for backends on the CPU`,
    );
  if (load !== null && load > BUSY * processors)
    advice.push(
      `others are busy here (load ${load.toFixed(1)} on ${processors} processors): measure when they are not, or compare runs in turns (npm run perf)`,
    );
  if (desktop && adapter && !adapter.software)
    advice.push("a desktop may draw with this GPU: close what moves on the screen, or measure without a session");
  return advice;
}
