/** What the thread of conformers is asked, and what it answers. */

export interface ConformerQuestion {
  readonly smiles: string;
  readonly seed: number;
}

export type ConformerAnswer =
  | { readonly coordinates: Float64Array }
  /** `missing`: openchemlib is not installed. */
  | { readonly failed: "conformer" | "missing"; readonly message: string };
