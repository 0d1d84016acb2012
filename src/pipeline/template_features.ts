/** Template features (AlphaFold 3's `features.Templates`, `templates.get_polymer_features`, `data3.fix_template_features`). */
import { BadInputError } from "../errors.ts";
import { type HostTensor, int32 } from "../formats/tensor.ts";
import { visible } from "../words.ts";
import type { Chain, Complex } from "./complex.ts";
import type { Components } from "./dictionary/dictionary.ts";
import type { Template } from "./input/job.ts";
import { aminoAcidOf, type ResidueClasses } from "./msa/classes.ts";
import { AMINO_ACIDS, residueAtoms } from "./residues.ts";
import { readTemplateChain, type TemplateResidue } from "./template_chain.ts";
import { columnsOf, TOKEN_SLOTS, type Token } from "./tokens.ts";

/** In which engines differ. */
export interface TemplateRules {
  readonly classes: ResidueClasses;
  /** Whether a chain's templates are looked at. @param tokens of the chain */
  readonly isUsed: (chain: Chain, tokens: number) => boolean;
  /** The class of chains without templates in the first place; 0 in the others. */
  readonly none: number;
}

/** Templates of a chain; more are left out. */
export const MOST_TEMPLATES = 4;

/** Residues of a template by residues of the chain. */
function mapped(chain: Chain, template: Template, index: number): (TemplateResidue | undefined)[] {
  const name = `template ${index + 1} of chain ${chain.id}`;
  const residues = readTemplateChain(template.mmcif, name);
  const found = new Array<TemplateResidue | undefined>(chain.residues.length).fill(undefined);
  template.queryIndices.forEach((query, at) => {
    const residue = residues[template.templateIndices[at]];
    if (!residue)
      throw new BadInputError(
        visible(
          `${name}: templateIndices[${at}] is ${template.templateIndices[at]}, but the template has ${residues.length} residues`,
        ),
      );
    found[query] = residue;
  });
  return found;
}

/**
 * The features of templates: proteins have them. Padding and empty places are 0, but for the class of a chain's first place.
 * @param size tokens with padding
 * @throws {BadInputError} naming the template that cannot be used
 */
export function templateFeatures(
  complex: Complex,
  tokens: readonly Token[],
  size: number,
  dictionary: Components,
  { classes, isUsed, none }: TemplateRules,
): [string, HostTensor][] {
  const aatype = new Int32Array(MOST_TEMPLATES * size);
  const mask = new Int32Array(MOST_TEMPLATES * size * TOKEN_SLOTS);
  const positions = new Float32Array(MOST_TEMPLATES * size * TOKEN_SLOTS * 3);
  const read = new Map<Chain["entity"], (TemplateResidue | undefined)[][]>();
  const places = columnsOf(complex, tokens);
  const templatesOf = (chain: Chain): (TemplateResidue | undefined)[][] => {
    const { entity } = chain;
    if (entity.kind !== "protein") return [];
    if (!isUsed(chain, places.filter(([place]) => complex.chains[place] === chain).length)) return [];
    const found =
      read.get(entity) ??
      (entity.templates ?? []).map((template, index) => mapped(chain, template, index)).slice(0, MOST_TEMPLATES);
    read.set(entity, found);
    return found;
  };
  const templates = complex.chains.map(templatesOf);
  places.forEach(([place, column], token) => {
    if (templates[place].length === 0) aatype[token] = none;
    templates[place].forEach((template, at) => {
      const residue = template[column];
      const first = at * size + token;
      const residueClass = residue ? classes.of("protein", letterOf(residue, dictionary)) : classes.gap;
      aatype[first] = residueClass;
      if (!residue) return;
      const names = residueClass < AMINO_ACIDS ? residueAtoms[residueClass] : [];
      for (let slot = 0; slot < TOKEN_SLOTS; slot++) {
        // Slots without an atom have index 0 of the reference's list of all atoms, which is N.
        const point = residue.atoms.get(names[slot] ?? "N");
        if (!point) continue;
        mask[first * TOKEN_SLOTS + slot] = 1;
        positions.set(point, (first * TOKEN_SLOTS + slot) * 3);
      }
    });
  });
  return [
    ["template_aatype", int32([MOST_TEMPLATES, size], aatype)],
    ["template_atom_positions", { dtype: "float32", shape: [MOST_TEMPLATES, size, TOKEN_SLOTS, 3], data: positions }],
    ["template_atom_mask", int32([MOST_TEMPLATES, size, TOKEN_SLOTS], mask)],
  ];
}

const letterOf = ({ name }: TemplateResidue, dictionary: Components): string =>
  aminoAcidOf(dictionary.letter(name) ?? "X");
