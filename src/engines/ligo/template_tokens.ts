/** Templates prepared for the device: their tokens, which have positions and no frames. */

/** Values of a token in the kernel `template_pair`. */
export const TOKEN_VALUES = 20;

/** Where a token's values stand among those; frames stay zero. */
const [PRESENT, TYPE, POSITION] = [7, 11, 16];

/**
 * The tokens of all templates.
 * @param types [templates, n], each from 0 to 21
 * @param positions [templates, n, 3] of the pseudo-beta atoms
 * @param mask [templates, n] of those atoms
 * @returns [templates · n, 20]
 */
export function templateTokens(
  types: ArrayLike<number>,
  positions: ArrayLike<number>,
  mask: ArrayLike<number>,
): Float32Array {
  const tokens = new Float32Array(types.length * TOKEN_VALUES);
  for (let token = 0; token < types.length; token++) {
    const first = token * TOKEN_VALUES;
    tokens[first + PRESENT] = mask[token];
    tokens[first + TYPE] = types[token];
    for (let axis = 0; axis < 3; axis++) tokens[first + POSITION + axis] = positions[3 * token + axis];
  }
  return tokens;
}

/** Which pairs of tokens are of one chain. @param chains [n] @returns [n, n] */
export function sameChain(chains: ArrayLike<number>): Float32Array {
  const n = chains.length;
  return Float32Array.from({ length: n * n }, (_, at) => Number(chains[Math.floor(at / n)] === chains[at % n]));
}
