/** How much of the machine others use. */
import os from "node:os";

/** The system counts in steps of 10 ms. */
const LEAST_MS = 250;

/** The clocks of a process and its machine, in milliseconds. */
export interface Clocks {
  readonly now: () => number;
  /** Idle time of all processors together, and how many there are; it does not run while a hypervisor gives them away. */
  readonly idle: () => { readonly idle: number; readonly processors: number };
  /** Processor time of this process. */
  readonly own: () => number;
}

const system: Clocks = {
  now: () => performance.now(),
  idle: () => {
    const cpus = os.cpus();
    return { idle: cpus.reduce((sum, { times }) => sum + times.idle, 0), processors: cpus.length };
  },
  own: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/**
 * A meter of the share of the machine's processor time, from 0 to 1, that was neither idle nor ours: other processes' and
 * other virtual machines'. Short stretches are gathered until there is enough of them to tell.
 * @returns a function that begins a stretch, which returns one that ends it, told what processes that we have started had meanwhile in
 * milliseconds: the share by then, null before there is any, and where
 * the system does not tell
 */
export function othersLoad({ now, idle, own }: Clocks = system): () => (started?: number) => number | null {
  let [elapsed, capacity, others] = [0, 0, 0];
  let share: number | null = null;
  return () => {
    const begin = { at: now(), own: own(), ...idle() };
    return (started = 0) => {
      const end = { at: now(), own: own(), ...idle() };
      if (end.idle === 0) return null; // no such counts here
      const whole = (end.at - begin.at) * end.processors;
      elapsed += end.at - begin.at;
      capacity += whole;
      others += whole - (end.idle - begin.idle) - (end.own - begin.own) - started;
      if (elapsed >= LEAST_MS) {
        share = Math.min(1, Math.max(0, others / capacity));
        [elapsed, capacity, others] = [0, 0, 0];
      }
      return share;
    };
  };
}
