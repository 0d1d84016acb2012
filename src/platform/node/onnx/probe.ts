/** Finds out, inside ONNX Runtime's process, whether a provider works and on what. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { OnnxProvider } from "../../../backends/onnx/host.ts";
import { messageOf, UnavailableError } from "../../../errors.ts";
import { writeOnnx } from "../../../formats/onnx_graph.ts";
import { displayName } from "../../../gpu/device/adapter.ts";
import { openDevice } from "../../../gpu/device/device.ts";
import { lastingSources } from "../dawn.ts";
import { ORT_PACKAGE, type OrtModule, ortVersion, providerOptions } from "./options.ts";
import type { Probed } from "./protocol.ts";

/** Where a provider is to be had, and what gets it. */
const FIXES: Readonly<Record<Exclude<OnnxProvider, "cpu">, string>> = {
  webgpu: "onnxruntime-node has the WebGPU provider for Linux x64, macOS arm64 and Windows: use one of these",
  cuda: `on Linux x64 with an NVIDIA driver, CUDA 12 and cuDNN 9 on the loader's path: npm install ${ORT_PACKAGE} --onnxruntime-node-install=cuda12 (it fetches the provider from nuget.org)`,
  coreml: "onnxruntime-node has the CoreML provider on macOS only: run it there",
};

/** y = tanh(x), on the provider alone. */
const smallest = writeOnnx({
  name: "probe",
  inputs: [{ name: "x", type: "float32", shape: [4] }],
  outputs: [{ name: "y", type: "float32", shape: [4] }],
  nodes: [{ op: "Tanh", inputs: ["x"], outputs: ["y"] }],
});

/**
 * Opens the provider's device and runs a node on it.
 * @param device as `--device` has it
 * @throws {UnavailableError} with what helps
 */
export async function probe(ort: OrtModule, provider: OnnxProvider, device: string): Promise<Probed> {
  const versions = { "onnxruntime-node": ortVersion(ort) };
  if (provider === "cpu")
    return { name: os.cpus()[0]?.model.trim() || os.arch(), software: false, adapter: null, versions };
  const offered = ort.listSupportedBackends().some(({ name }) => name === provider);
  if (!offered || (provider === "cuda" && !cudaHere()))
    throw new UnavailableError(`this onnxruntime-node has no ${provider} provider`, FIXES[provider]);
  const found = provider === "webgpu" ? await adapter(device) : { name: deviceName(provider), software: false };
  await runOn(ort, provider);
  return { adapter: null, ...found, versions };
}

/** The CUDA provider is a library that npm's installation fetches, or does not. */
function cudaHere(): boolean {
  const entry = fileURLToPath(import.meta.resolve("onnxruntime-node"));
  const folder = path.join(path.dirname(entry), "..", "bin", "napi-v6", process.platform, process.arch);
  return existsSync(path.join(folder, "libonnxruntime_providers_cuda.so"));
}

/**
 * The adapter that ONNX Runtime will take: it asks Dawn for the fastest, as we do here, in this process and so among the
 * same drivers. It cannot be told which.
 */
async function adapter(choice: string) {
  const opened = await openDevice(lastingSources(choice), choice).catch((error: unknown) => {
    if (!(error instanceof UnavailableError)) throw error;
    const hide =
      "leave only the driver of that adapter to the Vulkan loader (VK_DRIVER_FILES), or choose --device auto";
    throw new UnavailableError(
      `${error.message}; ONNX Runtime takes the first adapter and cannot be told another`,
      hide,
    );
  });
  const { adapter } = opened;
  opened.close();
  return { name: displayName(adapter), software: adapter.software, adapter };
}

async function runOn(ort: OrtModule, provider: OnnxProvider): Promise<void> {
  try {
    const session = await ort.InferenceSession.create(smallest, {
      ...providerOptions({ provider, threads: 1 }),
      extra: { session: { disable_cpu_ep_fallback: "1" } },
    });
    await session.run({ x: new ort.Tensor("float32", new Float32Array(4), [4]) });
    await session.release();
  } catch (error) {
    const fix = provider === "cpu" ? `npm install ${ORT_PACKAGE}` : FIXES[provider];
    throw new UnavailableError(`ONNX Runtime's ${provider} provider does not work here: ${oneLine(error)}`, fix);
  }
}

/** The first line of an error; ONNX Runtime's have many. */
export const oneLine = (error: unknown): string => messageOf(error).split("\n")[0].trim().slice(0, 400);

function deviceName(provider: OnnxProvider): string {
  if (provider === "coreml") return `${os.cpus()[0]?.model.trim() ?? "Apple"} (CoreML)`;
  try {
    const asked = ["--query-gpu=name", "--format=csv,noheader"];
    return execFileSync("nvidia-smi", asked, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n")[0];
  } catch {
    return "CUDA device 0";
  }
}
