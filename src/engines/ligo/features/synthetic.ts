/** Synthetic features of ligo: four backbone atoms per token, as its pipeline makes them. */
import { arcTangent } from "../../../formats/exact_math.ts";
import { gaussian } from "../../../formats/gaussian.ts";
import { RandomStream } from "../../../formats/random.ts";
import { float32, type HostTensor, int32 } from "../../../formats/tensor.ts";
import { QUERIES } from "../../../pipeline/atom_layout.ts";
import {
  type Assembly,
  assemble,
  checkSize,
  type SyntheticOptions,
  whole,
} from "../../../pipeline/synthetic/assembly.ts";
import { alignment, profileOf } from "../../../pipeline/synthetic/msa.ts";

type Tensors = Map<string, HostTensor>;

const DEFAULTS = { msaRows: 128, recycles: 0 } as const;

const ATOMS = 4;
/** Backbone of an ideal residue in Å: N, CA, C, O. */
const BACKBONE = [
  [-0.525, 1.363, 0],
  [0, 0, 0],
  [1.526, 0, 0],
  [2.153, -1.062, 0],
] as const;
/** Places in the one-hot of elements: N, C, C, O. */
const ELEMENTS = [0, 1, 1, 2] as const;
/** Å between the reference conformers. */
const SPREAD = 16;

/** Classes of the MSA: the twenty amino acids, X, the gap, and one that nothing has. */
const MSA_CLASSES = 23;
/** A row's features: its class, whether there is a deletion, how long it is, the profile, the mean deletion. */
const MSA_WIDTH = 2 * MSA_CLASSES + 3;

/** All of ligo's features, docs/features.md. @throws {BadInputError} if the options do not fit each other */
export function syntheticFeatures(options: SyntheticOptions): Tensors {
  const assembly = assemble(options);
  return new Map([...tokenFeatures(assembly), ...atomFeatures(assembly), ...msaFeatures(assembly, options)]);
}

function tokenFeatures({ size, tokens }: Assembly): [string, HostTensor][] {
  const perToken = (name: string, value: (token: number) => number): [string, HostTensor] => {
    const data = new Int32Array(size);
    for (let token = 0; token < tokens.length; token++) data[token] = value(token);
    return [name, { dtype: "int32", shape: [size], data }];
  };
  const mask = new Float32Array(size).fill(1, 0, tokens.length);
  return [
    perToken("residue_index", (token) => tokens[token].ligandAtom ?? tokens[token].residue),
    perToken("token_index", (token) => token),
    perToken("asym_id", (token) => tokens[token].chain),
    perToken("entity_id", (token) => tokens[token].entity),
    perToken("sym_id", (token) => tokens[token].copy),
    perToken("aatype", (token) => tokens[token].aatype),
    ["token_mask", { dtype: "float32", shape: [size], data: mask }],
  ];
}

/** A random rotation as three rows, from a normal quaternion. */
function rotation(quaternion: Float32Array): number[][] {
  const norm = Math.sqrt(quaternion.reduce((sum, value) => sum + value * value, 0)) || 1;
  const [w, x, y, z] = Array.from(quaternion, (value) => value / norm);
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

function atomFeatures({ seed, size, tokens }: Assembly): [string, HostTensor][] {
  const count = QUERIES * Math.ceil((size * ATOMS) / QUERIES); // the windows of 32 must be full
  const [position, element, name] = [3, 4, 4].map((width) => new Float32Array(count * width));
  const [mask, present] = [new Float32Array(count), new Float32Array(count)];
  const toToken = Int32Array.from({ length: count }, (_, atom) => Math.min(size - 1, Math.floor(atom / ATOMS)));
  tokens.forEach((_, token) => {
    const values = gaussian(new RandomStream(seed, `ref_pos/${token}`), 7);
    const rows = rotation(values.subarray(0, 4));
    for (let atom = 0; atom < ATOMS; atom++) {
      const at = token * ATOMS + atom;
      const [x, y, z] = BACKBONE[atom];
      rows.forEach((row, axis) => {
        position[at * 3 + axis] = row[0] * x + row[1] * y + row[2] * z + SPREAD * values[4 + axis];
      });
      element[at * 4 + ELEMENTS[atom]] = 1;
      name[at * 4 + atom] = 1;
      mask[at] = 1;
      present[at] = 1;
    }
  });
  return [
    ["atom_mask", float32([count], mask)],
    ["ref_pos", float32([count, 3], position)],
    ["ref_charge", float32([count], new Float32Array(count))],
    ["ref_mask", float32([count], present)],
    ["ref_element", float32([count, 4], element)],
    ["ref_atom_name_chars", float32([count, 4], name)],
    ["ref_space_uid", int32([count], new Int32Array(count))], // the pipeline gives all atoms the same one
    ["atom_to_token", int32([count], toToken)],
  ];
}

/** How long a deletion is, from 0 to 1. */
const deletionValue = (deletions: number): number => (2 / Math.PI) * arcTangent(deletions / 3);

function msaFeatures(assembly: Assembly, options: SyntheticOptions): [string, HostTensor][] {
  const { size, tokens } = assembly;
  const rows = whole("the number of MSA rows", options.msaRows ?? DEFAULTS.msaRows, 1, 2 ** 20);
  const cycles = 1 + whole("the number of recycles", options.recycles ?? DEFAULTS.recycles, 0, 1000);
  checkSize("msa_feat", cycles, rows, size, MSA_WIDTH);
  const features = new Float32Array(cycles * rows * size * MSA_WIDTH);
  const mask = new Float32Array(cycles * rows * size);
  for (let cycle = 0; cycle < cycles; cycle++) {
    const aligned = alignment(assembly, `msa/${cycle}`, rows);
    const { profile, deletionMean } = profileOf(assembly, aligned, MSA_CLASSES);
    for (let row = 0; row < rows; row++)
      for (let token = 0; token < tokens.length; token++) {
        const from = row * size + token;
        const to = (cycle * rows * size + from) * MSA_WIDTH;
        mask[cycle * rows * size + from] = 1;
        features[to + aligned.classes[from]] = 1;
        features[to + MSA_CLASSES] = aligned.deletions[from] > 0 ? 1 : 0;
        features[to + MSA_CLASSES + 1] = deletionValue(aligned.deletions[from]);
        // The pipeline's clusters of one row each: the profile of the row with its column's, half and half.
        for (let k = 0; k < MSA_CLASSES; k++)
          features[to + MSA_CLASSES + 2 + k] =
            (profile[token * MSA_CLASSES + k] + (aligned.classes[from] === k ? 1 : 0)) / 2;
        features[to + MSA_WIDTH - 1] = deletionValue(deletionMean[token]);
      }
  }
  return [
    ["msa_feat", { dtype: "float32", shape: [cycles, rows, size, MSA_WIDTH], data: features }],
    ["msa_mask", { dtype: "float32", shape: [cycles, rows, size], data: mask }],
  ];
}
