/** Every verb ends within two seconds of Ctrl-C or SIGTERM, whatever it is at, and leaves nothing half-written. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { af3gpu, scratch, start } from "../support/binary.ts";
import { testDevice } from "../support/device.ts";
import { concat, float32Record } from "../support/records.ts";

/** What is promised, on a machine that has nothing else to do: what starting takes tells how busy it is. */
const AT_ONCE_MS = 2000;
/** After this long, and the time that starting takes on a busy machine, a verb is in the middle of its work. */
const INTO_WORK_MS = 500;
let startMs: number;
/** So many tensors keep the verbs that read and write files busy for many seconds. */
const MANY = 300_000;

const STOPPED = "af3-gpu: stopped; what was finished is kept";
const shipped = path.resolve(import.meta.dirname, "../../cases");
const files = scratch();
const [weights, records, site, job] = ["many.safetensors", "af3.bin", "site", "job.fasta"].map((name) =>
  path.join(files, name),
);

beforeAll(async () => {
  const tensors = Array.from({ length: MANY }, (_, index) => [
    `t${index}`,
    { dtype: "F32", shape: [0], data_offsets: [0, 0] },
  ]);
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(tensors)));
  writeFileSync(weights, concat(new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer), header));
  const each = Array.from({ length: MANY }, (_, index) => float32Record(`t${index}`, [1], [index]));
  writeFileSync(records, Buffer.concat(each));
  mkdirSync(site);
  writeFileSync(job, ">A|protein\nMQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG\n");
  writeFileSync(path.join(site, "index.html"), "");
  const began = performance.now();
  await af3gpu(["--version"]);
  startMs = performance.now() - began;
});

const device = ["--device", testDevice];
const published = ["--engine", "deepmind", "--component", "full", "--preset", "paper"];

/** Verbs, called so that they take long. `OUT` is where they are to write. */
const verbs: readonly (readonly string[])[] = [
  ["bench", "--component", "pairformer", "--preset", "block", "--seq-len", "256", "--out", "OUT", ...device],
  [
    "bench",
    "--component",
    "pairformer",
    "--preset",
    "block",
    "--seq-len",
    "256",
    "--device",
    "swiftshader",
    "--out",
    "OUT",
  ],
  ["run", path.join(shipped, "ligo-pairformer-block-256"), "--out", "OUT.safetensors", ...device],
  ["verify", shipped, ...device],
  ["kernels", ...device],
  ["kernels", "--check", ...device],
  ["kernels", "--suite", "attention", ...device],
  ["tune", ...device],
  ["doctor", ...device],
  [
    "features",
    "--synthetic",
    "--engine",
    "deepmind",
    "--seq-len",
    "12000",
    "--msa",
    "1024",
    "--out",
    "OUT.safetensors",
  ],
  ["predict", job, "--weights", "random", "--preset", "block", "--out", "OUT", ...device],
  ["plan", "--mode", "full", "--preset", "paper", "--seq-len", "64-1024+16"],
  ["weights", "random", ...published, "--out", "OUT.safetensors"],
  ["weights", "inspect", weights],
  ["weights", "convert", records, "--out", "OUT.safetensors"],
  ["demo", site, "--port", "0"],
];

async function stopped(args: readonly string[], signal: NodeJS.Signals, times = 1) {
  const cwd = scratch();
  // Rows that were finished are kept where no other test finds them.
  const running = start(args, { cwd, ...(args[0] === "tune" && { env: { AF3_GPU_CACHE: path.join(cwd, "cache") } }) });
  await new Promise((resolve) => setTimeout(resolve, INTO_WORK_MS + startMs));
  const at = performance.now();
  for (let time = 0; time < times; time++) {
    running.interrupt(signal);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { code, stderr } = await running.ended;
  return { code, stderr, took: performance.now() - at, cwd };
}

describe.each(verbs.map((args) => [args.filter((one) => !one.includes("/")).join(" "), args] as const))(
  "%s",
  (_, args) => {
    it.each([
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const)("ends at once with %s", async (signal, expected) => {
      const { code, stderr, took, cwd } = await stopped(args, signal);
      expect([code, stderr.match(/^af3-gpu: .*$/gm)]).toEqual([expected, [STOPPED]]);
      expect(took).toBeLessThan(AT_ONCE_MS + startMs);
      expect(existsSync(path.join(cwd, "OUT.safetensors"))).toBe(false);
      expect(readdirSync(cwd, { recursive: true }).filter((name) => String(name).endsWith(".tmp"))).toEqual([]);
    });
  },
);

it("asked twice ends without waiting", async () => {
  const { code, took } = await stopped(
    ["plan", "--mode", "full", "--preset", "paper", "--seq-len", "64-1024+16"],
    "SIGINT",
    2,
  );
  expect(code).toBe(130);
  expect(took).toBeLessThan(AT_ONCE_MS + startMs);
});

it("predict keeps the seeds that are finished, and goes on from there without a device for what is left to write", async () => {
  const cwd = scratch();
  const quick = ["--recycles", "0", "--steps", "2", "--samples", "1", "--buckets", "exact", "--out", "OUT"];
  writeFileSync(path.join(cwd, "job.fasta"), ">A|protein\nGSHMKT\n");
  const call = (...args: string[]) => ["predict", "job.fasta", "--weights", "random", ...quick, ...args];
  const running = start(call("--seeds", "1-99+1", ...device), { cwd });
  await Promise.race([running.shows("seed 1 is done"), running.ended]);
  running.interrupt();
  expect((await running.ended).code).toBe(130);
  const kept = readdirSync(path.join(cwd, "OUT", "job"));
  expect(kept).toEqual(expect.arrayContaining(["job_run.json", "seed-1_sample-0"]));
  expect(kept).not.toContain("job_model.cif");
  expect(kept.filter((name) => /tmp|lock/.test(name))).toEqual([]);
  const { code, stderr } = await af3gpu(call("--seeds", "1", "--device", "no such adapter"), { cwd });
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^job: \d+ samples? of 1 seed, all there before in /m)]);
  expect(readdirSync(path.join(cwd, "OUT", "job"))).toContain("job_model.cif");
});
