// Asks one GPU's compiler about every pipeline, in a process that sees nothing else, and asks again where a driver crashes.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { noFigures } from "./figures.mjs";
import { gpus } from "./gpus.mjs";
import { commandFor } from "./mesa.mjs";

const { UnavailableError } = await import("../../dist/errors.js");

/**
 * A row of the lab: a GPU, a pipeline, what the compiler says.
 * @typedef {{ gpu: string } & import("./pipelines.mjs").Pipeline & import("./figures.mjs").Figures} Row
 */

/** @typedef {Omit<import("./child.mjs").Request, "gpu" | "records" | "printed" | "skip" | "assembly">} Work */

/**
 * @typedef {object} Told
 * @property {Row[]} rows
 * @property {string[]} problems one sentence for each pipeline that did not compile
 */

/**
 * @param {import("./mesa.mjs").Mesa} mesa @param {string} layer @param {string} gpu @param {Work} work
 * @param {((row: Row, listing: string) => void)} [assembly] takes the listing of a row
 * @returns {Promise<Told>} @throws {UnavailableError} if the GPU's driver does not open
 */
export async function ask(mesa, layer, gpu, work, assembly) {
  /** @type {Told} */
  const told = { rows: [], problems: [] };
  const folder = mkdtempSync(path.join(tmpdir(), "af3-gpu-compilers-"));
  try {
    for (;;) {
      const { total, begun, code, said } = await once(mesa, layer, gpu, folder, work, told, assembly);
      if (total === undefined) throw new UnavailableError(`${gpu} does not open: ${said}`, "npm run setup:compilers");
      if (told.rows.length === total) return told;
      if (!begun) throw new Error(`${gpu}: ended (${code}) with ${told.rows.length} of ${total} pipelines: ${said}`);
      told.problems.push(`${gpu}: the compiler crashes (${code}) at ${begun.label}`);
      told.rows.push({ gpu, ...begun, ...noFigures });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {import("./mesa.mjs").Mesa} mesa @param {string} layer @param {string} gpu @param {string} folder @param {Work} work
 * @param {Told} told where rows go @param {((row: Row, listing: string) => void)} [assembly]
 */
async function once(mesa, layer, gpu, folder, work, told, assembly) {
  const [records, printed] = ["records", "printed"].map((name) => path.join(folder, name));
  writeFileSync(records, "");
  const script = [fileURLToPath(new URL("child.mjs", import.meta.url))];
  const { command, args, env } = commandFor(mesa, gpus[gpu], layer, records, script);
  const stdout = openSync(printed, "w");
  const running = spawn(command, args, { env, stdio: ["ignore", stdout, "pipe", "ipc"] });
  closeSync(stdout);
  /** @type {import("./pipelines.mjs").Pipeline | undefined} */
  let begun;
  /** @type {number | undefined} */
  let total;
  let errors = "";
  running.stderr?.on("data", (data) => {
    errors += data;
  });
  running.on("message", (/** @type {import("./child.mjs").Message} */ message) => {
    if ("total" in message) total = message.total;
    else if (!message.figures) begun = message.pipeline;
    else {
      begun = undefined;
      const row = { gpu, ...message.pipeline, ...message.figures };
      told.rows.push(row);
      if (message.error) told.problems.push(`${gpu}: ${message.pipeline.label}: ${message.error}`);
      if (message.listing !== undefined) assembly?.(row, message.listing);
    }
  });
  const skip = told.rows.length;
  running.send({ ...work, gpu, records, printed, skip, assembly: assembly !== undefined });
  // What it told may still be on the way when it has ended.
  const heard = new Promise((resolve) => running.once("disconnect", resolve));
  const code = await new Promise((resolve, reject) => {
    running.once("error", reject);
    running.once("close", (status, signal) => resolve(signal ?? status));
  });
  await heard;
  return { total, begun, code, said: errors.trim().split("\n").at(-1) ?? "" };
}
