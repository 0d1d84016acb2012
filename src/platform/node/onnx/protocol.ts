/** What the command line and ONNX Runtime's own process say to each other. */
import type { OnnxDone, OnnxProvider, OnnxSettings, OnnxWork } from "../../../backends/onnx/host.ts";

/** What ONNX Runtime's process is asked for. */
export type OnnxAsk =
  | { readonly op: "probe"; readonly provider: OnnxProvider; readonly device: string }
  | { readonly op: "open"; readonly open: OpenAsk }
  | { readonly op: "run"; readonly work: OnnxWork }
  | { readonly op: "profile"; readonly work: OnnxWork; readonly runs: number; readonly patience: number }
  | { readonly op: "placement" };

export interface OpenAsk {
  readonly provider: OnnxProvider;
  readonly device: string;
  /** Path of the model; its weights lie beside it. */
  readonly model: string;
  readonly threads: number;
  readonly plain: boolean;
}

/** The answers, by what was asked. */
export interface OnnxAnswers {
  readonly probe: Probed;
  readonly open: OnnxSettings;
  readonly run: OnnxDone;
  /** The file that ONNX Runtime wrote, which the asker removes, and of how many runs it is. */
  readonly profile: { readonly file: string; readonly runs: number };
  /** Nothing: what ONNX Runtime says of it stands between two {@link MARK}s on its standard error. */
  readonly placement: null;
}

export interface Probed {
  readonly name: string;
  readonly software: boolean;
  /** An adapter of ours, where a GPU runs it. */
  readonly adapter: unknown;
  readonly versions: Readonly<Record<string, string>>;
}

/** Why something was not done; `kind` says which of our errors it is. */
export interface OnnxFailure {
  readonly kind: "bad-input" | "unavailable" | "out-of-memory" | "failed";
  readonly message: string;
  /** What helps, if it is unavailable. */
  readonly fix?: string;
}

export type ToOnnx = { readonly id: number } & OnnxAsk;

export type FromOnnx =
  | { readonly id: number; readonly trip: number }
  | { readonly id: number; readonly answer: OnnxAnswers[keyof OnnxAnswers] }
  | { readonly id: number; readonly failure: OnnxFailure };

/** A line that ends or begins what belongs together on standard error. */
export const MARK = "--af3-gpu--";
