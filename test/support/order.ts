/** The order of test files: what takes minutes first, so that no worker is left alone with it at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take long wherever they run, the longest first. */
const LONG = [
  "device/kernels",
  "device/cases",
  "device/split",
  "device/gpu_tiles",
  "device/half_kernels",
  "device/split_kernels",
  "device/signals",
  "device/cli",
  "device/bench",
  "device/stdout",
  "browser/demo_failures",
  "browser/demo_looks",
  "browser/demo",
  "device/bundle",
  "device/third_engine",
  "device/offload",
  "package/types",
  "cli/stdout",
  "formats/zstd",
];

const rank = ({ moduleId }: TestSpecification): number => {
  const at = LONG.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
  return at < 0 ? LONG.length : at;
};

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
