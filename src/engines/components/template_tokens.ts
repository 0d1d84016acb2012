/** Templates of whole residues prepared for the device: frames and pseudo-beta positions of their tokens, in double precision. */
import { TOKEN_SLOTS as SLOTS } from "../../pipeline/tokens.ts";
import { TOKEN_VALUES } from "./template.ts";

export type Vector = readonly [number, number, number];

/** What engines number and divide differently. */
export interface TemplateTokenTraits {
  /** The place of a type among A, G, C and U of RNA and then of DNA; undefined for all others. */
  nucleic(type: number): number | undefined;
  /** What a vector is divided by to make it one of unit length. @param square of its length */
  length(square: number): number;
}

const GLYCINE = 7;
const AMINO_ACIDS = 20;

/** Slots of C4 in purines and of C2 in pyrimidines: A, G, C, U, then DA, DG, DC, DT, which lack the 2′ oxygen. */
const NUCLEIC_PSEUDO_BETA = [22, 23, 14, 14, 21, 22, 13, 13];

/** The slot that stands for a token's position: Cβ, Cα of glycine, a base atom of nucleic acids, else the first. */
function pseudoBetaSlot(type: number, nucleic: number | undefined): number {
  if (type < AMINO_ACIDS) return type === GLYCINE ? 1 : 4;
  return nucleic === undefined ? 0 : NUCLEIC_PSEUDO_BETA[nucleic];
}

/** The slots of C, Cα, N, or of C1′, C3′, C4′ of nucleic acids; tokens of other types have no frame of their own. */
function frameSlots(type: number, nucleic: number | undefined): Vector {
  if (type < AMINO_ACIDS) return [2, 1, 0];
  return nucleic === undefined ? [0, 0, 0] : [12, 8, 6];
}

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const scaled = (a: Vector, factor: number): Vector => [a[0] * factor, a[1] * factor, a[2] * factor];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/**
 * The tokens of all templates.
 * @param types [slots, n]
 * @param positions [slots, n, 24, 3]
 * @param mask [slots, n, 24]
 * @returns [slots · n, 20]: the frame's axes, each followed by the mask of the frame, the mask of the pseudo-beta atom and the
 * type in turn; the frame's origin; the pseudo-beta position
 */
export function residueTokens(
  types: ArrayLike<number>,
  positions: ArrayLike<number>,
  mask: ArrayLike<number>,
  traits: TemplateTokenTraits,
): Float32Array {
  /** A vector at unit length, or 0 where it has none. */
  const unit = (a: Vector): Vector => scaled(a, 1 / traits.length(dot(a, a)));
  const tokens = new Float32Array(types.length * TOKEN_VALUES);
  for (let token = 0; token < types.length; token++) {
    const present = (slot: number): number => mask[token * SLOTS + slot];
    const at = (slot: number): Vector => {
      const first = 3 * (token * SLOTS + slot);
      return scaled([positions[first], positions[first + 1], positions[first + 2]], present(slot));
    };
    const type = types[token];
    const nucleic = traits.nucleic(type);
    const [c, centre, n] = frameSlots(type, nucleic);
    const origin = at(centre);
    const x = unit(minus(at(c), origin));
    const other = minus(at(n), origin);
    const y = unit(minus(other, scaled(x, dot(x, other))));
    const beta = pseudoBetaSlot(type, nucleic);
    const framed = present(c) * present(centre) * present(n);
    tokens.set(
      [...x, framed, ...y, present(beta), ...cross(x, y), type, ...origin, 0, ...at(beta), 0],
      token * TOKEN_VALUES,
    );
  }
  return tokens;
}
