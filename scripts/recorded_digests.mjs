// Writes test/fixtures/jobs.json: small recorded jobs, with digests of the features that AlphaFold 3's own pipeline made of them.
//
//   node scripts/recorded_digests.mjs FOLDER NAME…
//
// A job is a folder with input.json, features.npz (all arrays as float32 or int32, MSAs with their real rows) and meta.json (bucket, seed, options).
// Left out are what hangs on the conformers, and the bonds of SMILES, whose order is RDKit's.
import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "../dist/formats/crc32.js";
import { Npz } from "../dist/formats/npz.js";

const [folder, ...names] = process.argv.slice(2);
/** @param {string} name @param {string} file */
const read = (name, file) => readFileSync(`${folder}/${name}/${file}`);
/** @type {Set<string>} */
const columns = new Set();
const jobs = names.map((name) => {
  const archive = new Npz(read(name, "features.npz"), name);
  const input = JSON.parse(String(read(name, "input.json")));
  const { bucket, seed, options } = JSON.parse(String(read(name, "meta.json")));
  const smiles = JSON.stringify(input).includes('"smiles"');
  /** @param {string} tensor */
  const left = (tensor) =>
    /^ref_pos$|^frames_mask$/.test(tensor) || (smiles && tensor.startsWith("tokens_to_ligand_ligand_bonds"));
  const digests = Object.fromEntries(
    archive.names
      .filter((tensor) => !left(tensor))
      .map((tensor) => {
        columns.add(tensor);
        const { data } = archive.read(tensor);
        return [tensor, crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).toString(36)];
      }),
  );
  return { name, bucket, seed, options, input, digests };
});
const tensors = [...columns];
const rows = jobs.map(({ digests, ...job }) =>
  JSON.stringify({ ...job, digests: tensors.map((tensor) => digests[tensor] ?? null) }),
);
writeFileSync(
  new URL("../test/fixtures/jobs.json", import.meta.url),
  `{"tensors":${JSON.stringify(tensors)},\n"jobs":[\n${rows.join(",\n")}\n]}\n`,
);
