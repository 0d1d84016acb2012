/** Which tuning a device runs with: results name it, since other variants round otherwise. */
import type { AdapterSummary } from "../../gpu/device/adapter.ts";
import type { OwnRow } from "./own_rows.ts";

export interface TuningUse {
  /** `own`: rows of a table of the user's own stand before the reviewed ones. */
  readonly kind: "reviewed" | "own";
  /** Those rows. */
  readonly rows: readonly OwnRow[];
  /** Where that table lies, and when it was written. */
  readonly file?: string;
  readonly written?: string;
  /** A sentence for each table or row that is there and left out. */
  readonly notes: readonly string[];
}

/** Finds a platform's own table for an adapter. It never fails: what cannot be used is named in the notes. */
export type TuningSource = (adapter: AdapterSummary) => Promise<TuningUse>;

/** The reviewed rows alone. */
export const reviewedOnly: TuningUse = { kind: "reviewed", rows: [], notes: [] };
