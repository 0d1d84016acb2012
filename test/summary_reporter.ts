/** Says what was skipped, why, and how to run it, and ends with the counts. */
import type { Reporter, TestModule } from "vitest/node";

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const skips = new Map<string, number>();
    for (const module of modules) {
      if (module.errors().length) counts.failed++; // a file that did not even load
      for (const suite of module.children.allSuites()) if (suite.errors().length) counts.failed++; // before its tests, or behind them
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") counts.passed++;
        else if (result.state === "failed") counts.failed++;
        else {
          counts.skipped++;
          const reason = ("note" in result && result.note) || "no reason given";
          skips.set(reason, (skips.get(reason) ?? 0) + 1);
        }
      }
    }
    for (const [reason, count] of skips) console.log(`skipped ${count}: ${reason}`);
    console.log(`${counts.skipped} skipped`);
    console.log(`${counts.passed} passed, ${counts.failed} failed`);
  }
}
