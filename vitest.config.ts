import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/summary_reporter.ts"],
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
          include: ["test/**/*.test.ts"],
          setupFiles: ["test/support/undo_setup.ts"],
          exclude: ["test/static/**", "test/device/**", "test/browser/**"],
          testTimeout: 60_000,
        },
      },
      {
        // One file at a time: a software adapter uses every core, and drivers like one process at a time.
        test: {
          name: "device",
          include: ["test/device/**/*.test.ts"],
          setupFiles: ["test/support/undo_setup.ts"],
          pool: "forks",
          fileParallelism: false,
          // lavapipe without its optimiser: tests run many shaders once, and most of their time is compiling.
          env: { GALLIVM_PERF: process.env.GALLIVM_PERF ?? "nopt" },
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Headless Chromium, after everything else: it uses every core, too.
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 600_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
