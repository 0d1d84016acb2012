/** A session that ONNX Runtime profiles, beside the one whose runs are timed: profiling takes time itself. */
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { OrtModule } from "./options.ts";
import type { OnnxAnswers, OnnxAsk, OpenAsk } from "./protocol.ts";
import { OrtSession } from "./session.ts";

/** Loads the model once more, runs it, and has ONNX Runtime write its profile beside the model. */
export async function profileSession(
  ort: OrtModule,
  ask: OpenAsk,
  { work, runs, patience }: Extract<OnnxAsk, { op: "profile" }>,
): Promise<OnnxAnswers["profile"]> {
  const prefix = path.join(path.dirname(ask.model), `profile-${randomUUID()}`);
  const session = await OrtSession.open(ort, { ...ask, plain: false }, prefix);
  const began = performance.now();
  let done = 0;
  try {
    while (done < 2 || (done <= runs && performance.now() - began < patience)) {
      await session.run(work, () => {});
      done++;
    }
  } finally {
    session.endProfiling();
    await session.release();
  }
  // It adds the time of day and an ending to the name.
  const names = await readdir(path.dirname(prefix));
  const name = names.find((one) => one.startsWith(path.basename(prefix)));
  if (name === undefined) throw new Error("ONNX Runtime has written no profile");
  return { file: path.join(path.dirname(prefix), name), runs: done };
}
