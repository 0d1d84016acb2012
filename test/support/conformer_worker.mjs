/** Stands for the thread of conformers: does what a SMILES says. */
import { parentPort } from "node:worker_threads";

/** @type {Readonly<Record<string, object>>} */
const answers = {
  C: { coordinates: Float64Array.of(0, 0, 0) },
  N: { failed: "conformer", message: "none was found" },
  O: { failed: "missing", message: "" },
};

parentPort?.on("message", ({ smiles, seed }) => {
  if (smiles === "F") for (;;); // as openchemlib with some metals
  if (smiles === "P") throw new Error("out of memory");
  if (smiles === "S") process.exit(1);
  parentPort?.postMessage(smiles === "I" ? { coordinates: Float64Array.of(seed, 0, 0) } : answers[smiles]);
});
