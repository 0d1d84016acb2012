/** `af3-gpu/onnx`: the backend on ONNX Runtime, for a host of one's own, such as onnxruntime-web in a page. */
export { OnnxBackend } from "./backend.ts";
export type {
  OnnxDone,
  OnnxFeed,
  OnnxFeeds,
  OnnxHost,
  OnnxModel,
  OnnxOpenRequest,
  OnnxProfile,
  OnnxProfileAsk,
  OnnxProvider,
  OnnxResult,
  OnnxSession,
  OnnxSettings,
  OnnxWork,
  StoredGraph,
  WeightPart,
} from "./host.ts";
export { type OnnxManifest, type OnnxVariant, onnxVariants, readManifest } from "./manifest.ts";
