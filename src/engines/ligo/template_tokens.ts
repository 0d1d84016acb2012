/** Templates prepared for the device: their tokens, which have positions and no frames. */
import { TOKEN_VALUES } from "../components/template.ts";

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
