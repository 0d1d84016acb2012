/** What `doctor` found, for people: the answer first, the details of the adapter behind it. */
import { statesText } from "./backend_states.ts";
import type { Findings } from "./doctor.ts";
import { largestText } from "./doctor_sizes.ts";
import { bytes, rate } from "./output.ts";
import { conditionsText, factsText, installedText, type Surroundings } from "./surroundings.ts";

/** The findings as text. */
export function findingsText(findings: Findings): string {
  const { adapter, features, limits, variants, selfTest } = findings;
  const name = [adapter.vendor, adapter.architecture].filter(Boolean).join(", ");
  const lines: (readonly [string, string])[] = [
    ["adapter", `${adapter.device || adapter.description}${name ? ` (${name})` : ""}`],
    ...(adapter.software
      ? [["", "a CPU does the GPU's work: good for checking numbers, useless for judging speed"] as const]
      : []),
    ["driver", adapter.description],
    ["numbers", `${numbers(selfTest)}${findings.precision === "mixed" ? "; with halves" : ""}`],
    ...selfTest.failed.map((failure) => ["", `FAILED ${failure}`] as const),
    ["speed", speed(findings)],
    ["largest N", largest(findings)],
    ...largestText(findings.largest).map((text) => ["", text] as const),
    ["kernels", counted(Object.values(variants))],
    ["tuning", tuning(findings)],
    ...findings.tuning.notes.map((note) => ["", note] as const),
    ["features", features.join(", ")],
    [
      "subgroups",
      adapter.subgroupMinSize ? `${adapter.subgroupMinSize} to ${adapter.subgroupMaxSize} lanes` : "size unknown",
    ],
    ["matrices", matrices(findings)],
    ...findings.matrix_wrong.map((wrong) => ["", `WRONG, so not used: the family ${wrong}`] as const),
    [
      "limits",
      `binding ${bytes(limits.maxStorageBufferBindingSize)}, buffer ${bytes(limits.maxBufferSize)}, workgroup memory ${bytes(limits.maxComputeWorkgroupStorageSize)}, ${limits.maxStorageBuffersPerShaderStage} storage buffers`,
    ],
  ];
  return `${factsText(lines)}\n${surroundingsText(findings, findings.advice)}`;
}

/** What surrounds an adapter, and what would help. */
export function surroundingsText({ installed, conditions, backends }: Surroundings, advice: readonly string[]): string {
  const lines: (readonly [string, string])[] = [
    ["installed", installedText(installed)],
    ["machine", conditionsText(conditions)],
    ...advice.map((one, at) => [at === 0 ? "advice" : "", one] as const),
  ];
  const states =
    backends === null ? "The other backends did not say in time: af3-gpu bench --list" : statesText(backends);
  return `${factsText(lines)}\n\n${states}`;
}

/** What subgroups multiply, such as `16 × 16 × 16 of f16 in f32`: rows, columns and depth. */
function matrices({ subgroup_matrices: all }: Findings): string {
  const texts = all.map(({ component, result, M, N, K }) => `${M} × ${N} × ${K} of ${component} in ${result}`);
  return [...new Set(texts)].join(", ") || "no matrix units that WebGPU tells of";
}

function tuning({ tuning: { kind, rows, file, written }, tuning_file }: Findings): string {
  if (kind === "reviewed") return `the reviewed rows; af3-gpu tune would write ${tuning_file}`;
  return `${rows.length} of your own rows of ${written} before the reviewed ones: ${file}; AF3_GPU_TUNING=reviewed leaves them out`;
}

function numbers({ passed, failed, skipped, worst }: Findings["selfTest"]): string {
  const rest = skipped.length ? `, ${skipped.length} skipped` : "";
  const error = `the largest error is ${(100 * worst).toFixed(0)} % of its bound`;
  return failed.length
    ? `WRONG: ${failed.length} of ${passed + failed.length} kernel cases failed${rest}`
    : `right: ${passed} kernel cases passed${rest}; ${error}`;
}

function speed({ roofline, timer }: Findings): string {
  const steps = timer.step_ms === null ? "" : ` in steps of ${(1e6 * timer.step_ms).toFixed(0)} ns`;
  return `matmul ${rate(roofline.flops, "FLOP/s")}, copy ${rate(roofline.bytes, "B/s")}, by ${timer.kind}${steps}`;
}

function largest({ memory_bytes: memory, memory_note: note }: Findings): string {
  const within = memory === null ? `what the limits allow: ${note}` : `within its limits and ${note}`;
  return `at published widths and depth, to a sixteenth, ${within}`;
}

/** How many kernels run as which variant, such as `20 plain, 9 workgroup`. */
function counted(names: readonly string[]): string {
  const counts = [...new Set(names)].map((name) => ({ name, count: names.filter((one) => one === name).length }));
  return counts
    .sort((a, b) => b.count - a.count)
    .map(({ name, count }) => `${count} ${name}`)
    .join(", ");
}
