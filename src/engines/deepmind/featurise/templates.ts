/** Template features (AlphaFold 3's `features.Templates`, `templates.get_polymer_features`, `data3.fix_template_features`). */
import { BadInputError } from "../../../errors.ts";
import { type HostTensor, int32 } from "../../../formats/tensor.ts";
import { SLOTS } from "../../../model/deepmind/sizes.ts";
import type { Chain, Complex } from "../../../pipeline/complex.ts";
import type { Components } from "../../../pipeline/dictionary/dictionary.ts";
import type { Template } from "../../../pipeline/input/job.ts";
import { AMINO_ACIDS, GAP, residueAtoms } from "../../../pipeline/residues.ts";
import { readTemplateChain, type TemplateResidue } from "../../../pipeline/template_chain.ts";
import type { Token } from "../../../pipeline/tokens.ts";
import { visible } from "../../../words.ts";
import { LEAST_RESIDUES } from "./alignment.ts";
import { aminoAcidOf, classOf } from "./classes.ts";
import { columnsOf } from "./msa.ts";

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
 * The features of templates: proteins have them, and padding, other chains and empty places are 0.
 * @param size tokens with padding
 * @throws {BadInputError} naming the template that cannot be used
 */
export function templateFeatures(
  complex: Complex,
  tokens: readonly Token[],
  size: number,
  dictionary: Components,
): [string, HostTensor][] {
  const aatype = new Int32Array(MOST_TEMPLATES * size);
  const mask = new Int32Array(MOST_TEMPLATES * size * SLOTS);
  const positions = new Float32Array(MOST_TEMPLATES * size * SLOTS * 3);
  const read = new Map<Chain["entity"], (TemplateResidue | undefined)[][]>();
  const places = columnsOf(complex, tokens);
  const templatesOf = (chain: Chain): (TemplateResidue | undefined)[][] => {
    const { entity } = chain;
    if (entity.kind !== "protein") return [];
    // The reference counts tokens here, of which a split residue has several.
    if (places.filter(([place]) => complex.chains[place] === chain).length < LEAST_RESIDUES) return [];
    const found =
      read.get(entity) ??
      (entity.templates ?? []).map((template, index) => mapped(chain, template, index)).slice(0, MOST_TEMPLATES);
    read.set(entity, found);
    return found;
  };
  const templates = new Map(complex.chains.map((chain) => [chain, templatesOf(chain)]));
  places.forEach(([place, column], token) => {
    (templates.get(complex.chains[place]) ?? []).forEach((template, at) => {
      const residue = template[column];
      const first = at * size + token;
      const residueClass = residue ? classOf("protein", letterOf(residue, dictionary)) : GAP;
      aatype[first] = residueClass;
      if (!residue) return;
      const names = residueClass < AMINO_ACIDS ? residueAtoms[residueClass] : [];
      for (let slot = 0; slot < SLOTS; slot++) {
        // Slots without an atom have index 0 of the reference's list of all atoms, which is N.
        const point = residue.atoms.get(names[slot] ?? "N");
        if (!point) continue;
        mask[first * SLOTS + slot] = 1;
        positions.set(point, (first * SLOTS + slot) * 3);
      }
    });
  });
  return [
    ["template_aatype", int32([MOST_TEMPLATES, size], aatype)],
    ["template_atom_positions", { dtype: "float32", shape: [MOST_TEMPLATES, size, SLOTS, 3], data: positions }],
    ["template_atom_mask", int32([MOST_TEMPLATES, size, SLOTS], mask)],
  ];
}

const letterOf = ({ name }: TemplateResidue, dictionary: Components): string =>
  aminoAcidOf(dictionary.letter(name) ?? "X");
