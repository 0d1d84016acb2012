import os from "node:os";
import { defineConfig } from "vitest/config";
import LongestFirst from "./test/support/order.ts";

const cores = os.availableParallelism();
/** What somebody has tuned on this machine changes no test. */
const reviewed = { AF3_GPU_TUNING: "reviewed" };
/** lavapipe without its optimiser: tests run many shaders once, and most of their time is compiling. */
const env = { ...reviewed, GALLIVM_PERF: process.env.GALLIVM_PERF ?? "nopt" };
/** They test promises of seconds, which hold for a machine that does nothing else. */
const alone = ["test/device/signals.test.ts", "test/device/abort.test.ts"];

/**
 * Two files at a time where every one computes: one of them compiles or works in JavaScript on one core while the other's software
 * adapter has the rest. More would only wait for each other, and share a real GPU's memory.
 */
const computing = { pool: "forks", maxWorkers: Math.min(2, cores), sequence: { groupOrder: 1 } } as const;

export default defineConfig({
  test: {
    globalSetup: ["test/support/temporary.ts"],
    reporters: ["default", "./test/summary_reporter.ts"],
    maxWorkers: cores,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: "static", include: ["test/static/**/*.test.ts"], testTimeout: 60_000 } },
      {
        resolve: {
          // As the demo has it.
          alias: {
            "af3-gpu/bench": new URL("src/bench/core/index.ts", import.meta.url).pathname,
            "af3-gpu/onnx": new URL("src/backends/onnx/index.ts", import.meta.url).pathname,
            "af3-gpu": new URL("src/browser.ts", import.meta.url).pathname,
          },
        },
        test: {
          name: "unit",
          env: reviewed,
          include: ["test/**/*.test.ts"],
          setupFiles: ["test/support/undo_setup.ts"],
          exclude: ["test/static/**", "test/device/**", "test/browser/**"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...computing,
          name: "device",
          include: ["test/device/**/*.test.ts"],
          exclude: alone,
          setupFiles: ["test/support/undo_setup.ts"],
          env,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Behind everything else.
        test: {
          name: "device-alone",
          include: alone,
          setupFiles: ["test/support/undo_setup.ts"],
          pool: "forks",
          fileParallelism: false,
          env,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Headless Chromium.
        test: {
          ...computing,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
