/** What the page hands the benchmark: how long to go on, what rows say of the browser, and when times mean nothing. */
import type { BenchSettings, Conditions } from "af3-gpu/bench";
import type { Choices } from "../shared/protocol.ts";
import type { Visibility } from "./visibility.ts";

/** Milliseconds, from compiling on, after which no other pass begins. */
const PATIENCE = 30_000;

export const settingsOf = ({ passes }: Choices, warmup: number, notes: string): BenchSettings => ({
  stop: { noise: 0, minSamples: passes, minTime: 0, maxTime: PATIENCE, maxSamples: passes },
  warmup,
  cold: false,
  precision: "f32",
  notes,
  commit: null,
  machine: {
    cpu: `unknown, ${navigator.hardwareConcurrency} threads`,
    versions: { browser: navigator.userAgent },
  },
});

/** Times count while the tab is in view. @param paused called if the run has to wait */
export const inView = (visibility: Visibility, signal: AbortSignal, paused: () => void): Conditions => ({
  ready: () => visibility.shown(signal, paused),
  get changes() {
    return visibility.changes;
  },
});

export const PAUSED = "Paused: the tab is in the background, where times mean nothing";
