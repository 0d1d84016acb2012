/** `af3-gpu/bench`: the benchmark without a platform; Node's command line and the page stand on it. */
export { type BenchHooks, type BenchResult, type BenchSettings, type Conditions, runBench } from "./bench.ts";
export { nameOfCase, runCase, sameWorkload } from "./case_check.ts";
export { type Change, type Comparison, compareRuns, type Measured, meanRatio } from "./compare.ts";
export { compileTime, type Machine, type RowSettings } from "./contender.ts";
export { type Interval, medianInterval, ratioInterval } from "./intervals.ts";
export { Judge, notFinite } from "./judge.ts";
export {
  benchRule,
  exactly,
  kernelRule,
  kernelRuleWithin,
  type Sampling,
  type StopReason,
  type StopRule,
  sampleUntil,
  stopReason,
  timeLeft,
} from "./measure.ts";
export { describePlan, type PlanDescription, type SectionDescription } from "./plan_report.ts";
export {
  type Profile,
  type ProfileDispatch,
  type ProfileGroup,
  type ProfileKernel,
  type ProfileLayer,
  type ProfileSection,
  profileFields,
  profileSchema,
  readProfile,
} from "./profile.ts";
export { type BenchProgress, benchText, leftText, type Phase, progressText } from "./progress.ts";
export { type BenchRow, blankRow, csvColumns, readRow, rowFields, rowSchema, type SectionRow } from "./row.ts";
export { csvHeader, csvLine, jsonLine, readRows } from "./row_text.ts";
export { type Doubt, type Warning, warmUpEnd, warningsOf } from "./series.ts";
export {
  deviation,
  geometricMean,
  median,
  quantile,
  relativeNoise,
  type Summary,
  summarise,
} from "./stats.ts";
export { type Answer, type Judging, type Verdict, verdictOf } from "./verdict.ts";
export {
  type BenchMode,
  costOf,
  type MissingWorkload,
  makeWorkload,
  requestOf,
  type Workload,
  type WorkloadChoice,
  type WorkloadNames,
} from "./workload.ts";
