/** How onnxruntime-node is imported, and what it is asked for by provider. */
import type * as Ort from "onnxruntime-node";
import { UnavailableError } from "../../../errors.ts";
import type { OpenAsk } from "./protocol.ts";

export type OrtModule = typeof Ort;

/** The version that the graphs are checked with. */
export const ORT_PACKAGE = "onnxruntime-node@1.30.0";

/** Errors and worse: a warning names each small node that is left to the CPU by design. */
const SEVERITY = 3;

/** The CoreML provider's format whose float32 is computed as such. */
const ML_PROGRAM = 0x10;

/** @throws {UnavailableError} if the package is not installed or has no binary for this platform */
export async function importOrt(): Promise<OrtModule> {
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    throw new UnavailableError(
      missing
        ? "the package onnxruntime-node is not installed"
        : `onnxruntime-node does not load on ${process.platform}-${process.arch} (${String(error).split("\n")[0]})`,
      missing
        ? `npm install ${ORT_PACKAGE}`
        : "it comes for Linux and Windows (x64 and arm64) and for macOS (arm64); run the other backends here",
    );
  }
}

/** The version of the package that is loaded. */
export const ortVersion = ({ env }: OrtModule): string => env.versions.node ?? env.versions.common;

export function providerOptions({
  provider,
  threads,
}: Pick<OpenAsk, "provider" | "threads">): Ort.InferenceSession.SessionOptions {
  const common = { intraOpNumThreads: threads, logSeverityLevel: SEVERITY } as const;
  switch (provider) {
    case "cpu":
      return { ...common, executionProviders: ["cpu"] };
    case "webgpu":
      // No validation, as its documentation advises for speed. Without graph capture: the option is no longer read when
      // onnxruntime-node hands it over.
      return { ...common, executionProviders: [{ name: "webgpu", validationMode: "disabled" }] };
    case "cuda":
      return { ...common, executionProviders: ["cuda"] };
    case "coreml":
      return { ...common, executionProviders: [{ name: "coreml", coreMlFlags: ML_PROGRAM }] };
  }
}

/** A model whose inputs and outputs are on the host, whatever the provider. */
export const hostSession = (ort: OrtModule, ask: OpenAsk): Promise<Ort.InferenceSession> =>
  ort.InferenceSession.create(ask.model, providerOptions(ask));
