/** What deepmind's templates number in their own way. */
import { residueTokens, type TemplateTokenTraits } from "../components/template_tokens.ts";

/** First of the nucleic types that have a frame, and the one behind the last. */
const NUCLEIC = [22, 30] as const;

const traits: TemplateTokenTraits = {
  nucleic: (type) => (type >= NUCLEIC[0] && type < NUCLEIC[1] ? type - NUCLEIC[0] : undefined),
  length: (square) => Math.sqrt(Math.max(square, 1e-12)),
};

/**
 * The tokens of all templates, [slots · n, 20].
 * @param types [slots, n], each from 0 to 30
 * @param positions [slots, n, 24, 3]
 * @param mask [slots, n, 24]
 */
export const templateTokens = (
  types: ArrayLike<number>,
  positions: ArrayLike<number>,
  mask: ArrayLike<number>,
): Float32Array => residueTokens(types, positions, mask, traits);
