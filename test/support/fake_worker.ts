/** A worker for the demo's page that says what a test tells it to, so that every state of the page is there at once and without a GPU. */
import type { Page } from "playwright-core";
import type { Check, DeviceCard, FromWorker, Job, Part, Times } from "../../demo/src/shared/protocol.ts";
import type { PrecisionMode } from "../../src/gpu/plan/precision.ts";
import type { DemoSite, Sabotage } from "./demo.ts";

/** In the worker's place: it hears of jobs, and answers when `say` is called in it. Stop is heeded unless `deaf` is set. */
export const fakeWorker = `
  self.jobs = []; self.stops = 0; self.deaf = false;
  self.say = (message) => self.postMessage({ id: self.jobs.at(-1).id, message });
  setInterval(() => self.postMessage("alive"), 1000);
  self.onmessage = ({ data }) => {
    if (data.kind === "job") self.jobs.push(data);
    if (data.kind === "stop") { self.stops++; if (!self.deaf) self.say({ kind: "stopped" }); }
  };`;

/** The page's side of it. */
export class FakeWorker {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  private async worker() {
    return this.page.workers()[0] ?? (await this.page.waitForEvent("worker"));
  }

  /** Waits until so many jobs have been given. @returns the last one */
  async job(count: number): Promise<Job> {
    const worker = await this.worker();
    for (;;) {
      const [had, last] = await worker.evaluate(() => {
        const { jobs } = self as unknown as { jobs: { job: Job }[] };
        return [jobs.length, jobs.at(-1)?.job] as const;
      });
      if (had >= count && last) return last;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async say(...messages: readonly FromWorker[]): Promise<void> {
    const worker = await this.worker();
    // Playwright has no typed arrays of its own to send.
    for (const message of messages)
      await worker.evaluate(
        (text) =>
          (self as unknown as { say(message: unknown): void }).say(
            JSON.parse(text, (_, value) => (value?.float32 ? Float32Array.from(value.float32) : value)),
          ),
        JSON.stringify(message, (_, value) => (value instanceof Float32Array ? { float32: [...value] } : value)),
      );
  }

  /** Whether Stop goes unheard from now on. */
  async deaf(deaf: boolean): Promise<void> {
    await (await this.worker()).evaluate((value) => {
      (self as unknown as { deaf: boolean }).deaf = value;
    }, deaf);
  }
}

export const card: DeviceCard = {
  name: "A GPU of the test",
  vendor: "test",
  architecture: "fake-1",
  description: "",
  software: false,
  subgroups: "32",
  features: ["subgroups"],
  limits: {
    maxBufferSize: 2 ** 31,
    maxStorageBufferBindingSize: 2 ** 31 - 4,
    maxComputeWorkgroupStorageSize: 32768,
    maxComputeInvocationsPerWorkgroup: 1024,
  },
};

const line = {
  precision: "f32" as PrecisionMode,
  recording: "ligo-trunk-odd",
  output: "z",
  error: 2 ** -20,
  bound: 2 ** -13,
  passed: true,
};

export const goodCheck: Check = {
  passed: true,
  lines: [line, { ...line, recording: "ligo-trunk-tiny-32", output: "s_inputs" }],
  same: undefined,
  broken: undefined,
  source: { repo: "somebody/alphafold3", commit: "0123456789abcdef" },
};

/** A recording did not arrive. */
export const brokenCheck: Check = {
  ...goodCheck,
  passed: false,
  lines: [line],
  broken: "cannot fetch https://example.org/cases/ligo-trunk-tiny-32/weights.safetensors: 503 Service Unavailable",
};

const part = (given: Part): FromWorker => ({ kind: "part", part: given });
const progress = (doing: string, share: number): FromWorker => ({ kind: "progress", progress: { doing, share } });

const pass = { elapsed: 1523.4, execute: 1511.9, gpu: 1507.1 };

/** Both precisions were right. */
export const bothCheck: Check = {
  ...goodCheck,
  lines: [
    ...goodCheck.lines,
    ...goodCheck.lines.map((one) => ({ ...one, precision: "mixed" as const, error: 2 ** -10, bound: 2 ** -7 })),
  ],
};

/** What a whole run says until it is done, in the precisions of its check. @param tokens of the maps */
export function wholeRun(tokens: number, check: Check = goodCheck): FromWorker[] {
  const precisions: readonly PrecisionMode[] = [...new Set(check.lines.map(({ precision }) => precision))];
  const pairs = Float32Array.from({ length: tokens ** 2 }, (_, at) => ((at * 7919) % 1000) / 1000);
  const steps = ["msa/block 0/triangle attention starting/kernel", "pairformer/block 1/pair transition/kernel"].map(
    (label, at) => ({ label, kernel: `kernel_${at}`, ms: 1234.5 / (at + 1) }),
  );
  const times = {
    ...{ compile: 16_712, first: 940.2, passes: [pass, pass, pass], discarded: 0 },
    ...{ flops: 1.9e8, weightBytes: 1.4e6, peakBytes: 2 ** 30 * 1.5 },
  };
  const mixed = { precision: "mixed", beyond_half: 2, matrix_steps: 0 };
  const settingsOf = (precision: PrecisionMode): Times["settings"] => (precision === "mixed" ? mixed : {});
  return [
    { kind: "device", card },
    progress("Compiling shaders", 0),
    part({ name: "blocks", blocks: ["msa/block 0", "pairformer/block 1"] }),
    progress("First run", 0.3),
    progress("Checking by the recording odd", 0.4),
    part({ name: "check", check }),
    progress("Pass 1 of 3", 0.6),
    ...precisions.flatMap((precision) => [
      part({ name: "rows", rows: [{ engine: "ligo", seq_len: tokens }] as never }),
      ...(check.passed
        ? [
            part({ name: "times", times: { precision, settings: settingsOf(precision), ...times } }),
            part({ name: "steps", steps: { precision, clock: "gpu", runs: 1, steps } }),
          ]
        : []),
    ]),
    progress("Drawing maps", 0.95),
    part({
      name: "pair",
      statistics: {
        ...{ shape: [tokens, tokens, 128], mean: -0.02205, deviation: 3.734, least: -16.2, median: 0.03781 },
        ...{ most: 15.93, notFinite: 0, every: 1 },
        histogram: { from: -12.41, to: 10.93, counts: Array.from({ length: 48 }, (_, at) => 24 - Math.abs(24 - at)) },
        channels: Array.from({ length: 128 }, (_, at) => 1 + (at % 7) / 7),
      },
    }),
    part({
      name: "maps",
      maps: {
        tokens,
        bins: 64,
        range: [2, 22],
        distance: pairs.map((value) => 2 + 20 * value),
        contact: pairs,
        residues: "ACDEFGHIK".repeat(tokens),
      },
      why: "",
    }),
    { kind: "done" },
  ];
}

export const SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQ";
export const QUERY = `?engine=ligo&sequence=${SEQUENCE}&seed=3&passes=3`;

/** A page whose worker has found a GPU. */
export async function ready(
  site: Pick<DemoSite, "visit">,
  sabotage: Sabotage = {},
): Promise<{ page: Page; worker: FakeWorker }> {
  const page = await site.visit(QUERY, { ...sabotage, instead: fakeWorker });
  const worker = new FakeWorker(page);
  await worker.job(1);
  await worker.say({ kind: "device", card }, { kind: "done" });
  await page.getByText(card.name).waitFor();
  return { page, worker };
}

/** A page with a run under way. */
export async function running(
  site: Pick<DemoSite, "visit">,
  sabotage: Sabotage = {},
): Promise<{ page: Page; worker: FakeWorker }> {
  const { page, worker } = await ready(site, sabotage);
  await page.click("#run");
  await worker.job(2);
  return { page, worker };
}
