/** The thread in which openchemlib makes conformers: it may take long, or never end, and is ended from outside then. */
import { parentPort } from "node:worker_threads";
import { BadInputError, messageOf } from "../../../errors.ts";
import { ConformerError, makeConformer } from "../../../pipeline/conformers/smiles_conformer.ts";
import type { ConformerAnswer, ConformerQuestion } from "./protocol.ts";

let library: Promise<typeof import("openchemlib")> | undefined;

async function load(): Promise<typeof import("openchemlib")> {
  const loaded = await import("openchemlib");
  loaded.Resources.registerFromNodejs();
  return loaded;
}

async function answer({ smiles, seed }: ConformerQuestion): Promise<ConformerAnswer> {
  try {
    library ??= load();
    return { coordinates: makeConformer(await library, smiles, seed) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return { failed: "missing", message: "" };
    const why = error instanceof ConformerError || error instanceof BadInputError ? "" : "openchemlib failed: ";
    return { failed: "conformer", message: `${why}${messageOf(error)}` };
  }
}

parentPort?.on("message", async (question: ConformerQuestion) => {
  parentPort?.postMessage(await answer(question));
});
