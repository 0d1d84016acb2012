/** The classes of deepmind's residues (AlphaFold 3's `residue_names.py`, `msa_features.py`). */
import { TOKEN_TYPES } from "../../../model/deepmind/sizes.ts";
import { residueClassesAt } from "../../../pipeline/msa/classes.ts";
import { GAP } from "../../../pipeline/residues.ts";

export const classes = residueClassesAt({ count: TOKEN_TYPES, gap: GAP, rna: [22, 30], dna: [26, 30] });
