/** ONNX Runtime's own process: answers one question at a time and ends with its parent. */
import { writeSync } from "node:fs";
import { BadInputError, UnavailableError } from "../../../errors.ts";
import { importOrt, type OrtModule, providerOptions } from "./options.ts";
import { oneLine, probe } from "./probe.ts";
import { profileSession } from "./profiled.ts";
import { type FromOnnx, MARK, type OnnxAnswers, type OnnxFailure, type OpenAsk, type ToOnnx } from "./protocol.ts";
import { OrtSession } from "./session.ts";

const OUT_OF_MEMORY =
  /out of memory|bad_alloc|bad alloc|failed to allocate|allocation of .* failed|exceeds the max buffer/i;

const STDERR = 2;

let opened: { readonly session: OrtSession; readonly ask: OpenAsk } | undefined;
/** The device is found once: ONNX Runtime keeps the one that it has opened. */
const probes = new Map<string, Promise<OnnxAnswers["probe"]>>();

const tell = (message: FromOnnx): void => {
  process.send?.(message, undefined, undefined, () => {}); // a parent that is gone: the end of the channel says so
};

function failureOf(error: unknown): OnnxFailure {
  const message = oneLine(error);
  if (error instanceof UnavailableError) return { kind: "unavailable", message, fix: error.fix };
  if (error instanceof BadInputError) return { kind: "bad-input", message };
  return { kind: OUT_OF_MEMORY.test(message) ? "out-of-memory" : "failed", message };
}

function probed(
  ort: OrtModule,
  { provider, device }: Pick<OpenAsk, "provider" | "device">,
): Promise<OnnxAnswers["probe"]> {
  const key = `${provider} ${device}`;
  const known = probes.get(key) ?? probe(ort, provider, device);
  probes.set(key, known);
  return known;
}

async function open(ort: OrtModule, ask: OpenAsk): Promise<OnnxAnswers["open"]> {
  await probed(ort, ask);
  try {
    opened = { session: await OrtSession.open(ort, ask), ask };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind !== "failed") throw error;
    throw new BadInputError(`ONNX Runtime refuses ${ask.model}: ${failure.message}`);
  }
  return opened.session.settings;
}

/**
 * Lets ONNX Runtime say on standard error which nodes are left to the CPU, by loading the model once more: told by the
 * session in use, it would go on about every dispatch.
 */
async function placement(ort: OrtModule, ask: OpenAsk): Promise<null> {
  writeSync(STDERR, `${MARK}\n`);
  const session = await ort.InferenceSession.create(ask.model, { ...providerOptions(ask), logSeverityLevel: 0 });
  writeSync(STDERR, `${MARK}\n`);
  await session.release();
  return null;
}

/** Milliseconds of processor time, of all threads, since this was asked last. */
function spentSince(): number {
  const { user, system } = process.cpuUsage();
  const before = spent;
  spent = (user + system) / 1000;
  return spent - before;
}

let spent = 0;

/** A run, with what it cost this process: taking its tensors from the parent too, and giving the last one's back. */
async function run({ id, work }: Extract<ToOnnx, { op: "run" }>, session: OrtSession): Promise<OnnxAnswers["run"]> {
  const done = await session.run(work, (trip) => tell({ id, trip }));
  return { ...done, processorMs: spentSince() };
}

async function answer(message: ToOnnx): Promise<OnnxAnswers[keyof OnnxAnswers]> {
  const ort = await importOrt();
  if (message.op === "probe") return probed(ort, message);
  if (message.op === "open") return open(ort, message.open);
  if (!opened) throw new Error("no graph has been opened");
  if (message.op === "profile") return profileSession(ort, opened.ask, message);
  if (message.op === "placement") return placement(ort, opened.ask);
  return run(message, opened.session);
}

// Ctrl-C reaches every process of the terminal; the parent decides when this one ends.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
let queue: Promise<void> = Promise.resolve();
process.on("message", (message: ToOnnx) => {
  queue = queue.then(async () => {
    try {
      tell({ id: message.id, answer: await answer(message) });
      if (message.op !== "run") spentSince(); // no run's
    } catch (error) {
      tell({ id: message.id, failure: failureOf(error) });
    }
  });
});
