/** What Protenix' templates number in their own way. */
import { residueTokens, type TemplateTokenTraits } from "../components/template_tokens.ts";

/** The first nucleotide of RNA and of DNA. Each has four with a frame; the fifth is an unknown one. */
const [RNA, DNA] = [21, 26];

export const templateTokenTraits: TemplateTokenTraits = {
  nucleic(type) {
    const [first, before] = type < DNA ? [RNA, 0] : [DNA, 4];
    return type >= first && type < first + 4 ? before + type - first : undefined;
  },
  length: (square) => Math.sqrt(square) + 1e-6,
};

/**
 * The tokens of all templates, [slots · n, 20].
 * @param types [slots, n], each from 0 to 31
 * @param positions [slots, n, 24, 3]
 * @param mask [slots, n, 24]
 */
export const templateTokens = (
  types: ArrayLike<number>,
  positions: ArrayLike<number>,
  mask: ArrayLike<number>,
): Float32Array => residueTokens(types, positions, mask, templateTokenTraits);
