/** The terms that go with whatever DeepMind's own weights make, as its `mmcif_metadata.py` puts them into files. */
import type { Terms } from "../../pipeline/outputs/metadata.ts";

const REPOSITORY = "https://github.com/google-deepmind/alphafold3";
const OUTPUT_TERMS = `${REPOSITORY}/blob/main/OUTPUT_TERMS_OF_USE.md`;
const WEIGHTS_TERMS = `${REPOSITORY}/blob/main/WEIGHTS_TERMS_OF_USE.md`;

const comment = [
  "By using this file you agree to the legally binding terms of use found at",
  `${OUTPUT_TERMS}.`,
  "To request access to the AlphaFold 3 model parameters, follow the process set",
  `out at ${REPOSITORY}. You may only use these if`,
  "received directly from Google. Use is subject to terms of use available at",
  `${WEIGHTS_TERMS}.`,
];

export const terms: Terms = {
  authors: ["Google DeepMind", "Isomorphic Labs"],
  comment,
  license: [
    "Non-commercial use only, by using this file you agree to the terms of use found",
    `at ${OUTPUT_TERMS}.`,
    ...comment.slice(2),
  ].join("\n"),
  licenseUrl: OUTPUT_TERMS,
  disclaimer: [
    "AlphaFold 3 and its output are not intended for, have not been validated for,",
    'and are not approved for clinical use. They are provided "as-is" without any',
    "warranty of any kind, whether expressed or implied. No warranty is given that",
    "use shall not infringe the rights of any third party.",
  ].join("\n"),
};
