/** Conformers of SMILES by openchemlib in a thread of its own, each within a time. */
import path from "node:path";
import { Worker } from "node:worker_threads";
import { CancelledError, messageOf, throwIfAborted, UnavailableError } from "../../../errors.ts";
import { givenFields, givenNumber, givenSignal, givenText, givenWhole, knownFields } from "../../../formats/given.ts";
import { ConformerError } from "../../../pipeline/conformers/smiles_conformer.ts";
import { packageFolder } from "../folders.ts";
import type { ConformerAnswer } from "./protocol.ts";

/** Built: Node 20 runs no TypeScript. */
const PROGRAM = path.join(packageFolder, "dist", "platform", "node", "conformers", "worker.js");

/** The package, and the version that was tested. */
const OPENCHEMLIB = "openchemlib@9";

/** Cholesterol takes 6 to 20 seconds; some molecules with metals never end. */
const DEFAULT_SECONDS = 120;
const MOST_SECONDS = 86_400;
const MOST_SEED = 2 ** 31 - 1;

export interface ConformerThreadOptions {
  /** How long one conformer may take; 120 unless given. */
  readonly seconds?: number | undefined;
  /** Ends the thread and whatever it makes. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes conformers one after the other. Its thread starts with the first, and again after one that took too long. */
export class ConformerThread {
  private readonly program: string;
  private readonly seconds: number;
  private readonly signal: AbortSignal | undefined;
  private worker: Worker | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor({ seconds = DEFAULT_SECONDS, signal }: ConformerThreadOptions, program = PROGRAM) {
    [this.seconds, this.signal, this.program] = [seconds, signal, program];
  }

  /**
   * A conformer of a SMILES: a flat array of x, y, z in ångström, of the heavy atoms in the order in which they are written, then of all hydrogens.
   * @param seed 0 to 2³¹ − 1: the same gives the same conformer
   * @throws {Error} named ConformerError, where none is found within the time, or none with the stereo of the SMILES
   * @throws {UnavailableError} if openchemlib is not installed
   * @throws {CancelledError} if the signal fires
   */
  make = (smiles: string, seed: number): Promise<Float64Array> => {
    const made = this.last.then(() => {
      givenText("the SMILES", "a SMILES", smiles);
      givenWhole("the seed", seed, 0, MOST_SEED);
      throwIfAborted(this.signal);
      return this.ask(smiles, seed);
    });
    this.last = made.catch(() => {});
    return made;
  };

  private start(): Worker {
    const worker = new Worker(this.program, { execArgv: [] });
    worker.on("error", () => {}); // one that is ended may still fail
    this.worker = worker;
    return worker;
  }

  private ask(smiles: string, seed: number): Promise<Float64Array> {
    const worker = this.worker ?? this.start();
    const { seconds, signal } = this;
    worker.ref();
    return new Promise<Float64Array>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stopped);
        worker.off("error", failed).off("exit", exited).off("message", answered);
        worker.unref();
      };
      const fail = (error: Error, ended: boolean): void => {
        settle();
        if (ended) {
          this.worker = undefined;
          void worker.terminate();
        }
        reject(error);
      };
      const stopped = (): void => fail(new CancelledError(), true);
      const timer = setTimeout(() => fail(new ConformerError(`it took more than ${seconds} s`), true), seconds * 1000);
      const failed = (error: unknown): void => fail(new ConformerError(`its thread failed: ${messageOf(error)}`), true);
      const exited = (): void => fail(new ConformerError("its thread ended"), true);
      const answered = (answer: ConformerAnswer): void => {
        if (!("failed" in answer)) {
          settle();
          resolve(answer.coordinates);
        } else if (answer.failed === "missing")
          fail(
            new UnavailableError(
              "conformers of a SMILES are made by openchemlib, which is not installed",
              `npm install ${OPENCHEMLIB}, or leave --conformers generated away`,
            ),
            false,
          );
        else fail(new ConformerError(answer.message), false);
      };
      signal?.addEventListener("abort", stopped, { once: true });
      worker.on("error", failed).on("exit", exited).on("message", answered);
      worker.postMessage({ smiles, seed });
    });
  }

  /** Ends the thread; what it makes then fails. */
  async dispose(): Promise<void> {
    await this.worker?.terminate();
    this.worker = undefined;
  }
}

/**
 * What makes conformers of SMILES by the package openchemlib, which is to be installed beside this one (`npm install openchemlib@9`), in a thread;
 * its `make` is what `featurise` takes as `generateConformer`. Nothing starts before the first is made.
 */
export function openConformers(options: ConformerThreadOptions = {}): ConformerThread {
  givenFields("the options", "an object such as { seconds: 60 }", options);
  knownFields("the options", options as Readonly<Record<string, unknown>>, ["seconds", "signal"]);
  if (options.seconds !== undefined) givenNumber("seconds", options.seconds, 0, MOST_SECONDS);
  givenSignal("signal", options.signal);
  return new ConformerThread(options);
}
