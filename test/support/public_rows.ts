/** Rows of the tables that say what exported functions take. */
import type { Kind } from "./wrong_use.ts";

/** A function's parameters, and what its method is called on. A function without parameters has an empty row. */
export interface Row {
  readonly takes: readonly Kind[];
  readonly on?: unknown;
}

export const row = (...takes: readonly Kind[]): Row => ({ takes });
export const on = (instance: unknown, ...takes: readonly Kind[]): Row => ({ on: instance, takes });
/** Private in TypeScript, or left out of the published types. */
export const hidden: Row = row();
