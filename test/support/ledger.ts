/**
 * The ledger of accepted errors, test/errors.json, by adapter and driver: an error that grows past four times its entry
 * is refused even inside of its bound. `npm run ledger` writes the errors that the tests find.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AdapterSummary } from "../../src/gpu/device/adapter.ts";

const FILE = path.resolve(import.meta.dirname, "../errors.json");
/** Errors below this are rounding that differs between processors. */
const FLOOR = 2 ** -22;
const GROWTH = 4;

type Ledger = Record<string, Record<string, number>>;

export class ErrorLedger {
  private readonly adapter: string;
  private readonly file: string;
  private readonly ledger: Ledger;
  private readonly found: Record<string, number> = {};

  constructor({ device, description }: AdapterSummary, file = FILE) {
    this.adapter = `${device} / ${description}`;
    this.file = file;
    this.ledger = JSON.parse(readFileSync(file, "utf8"));
  }

  /** Why an error is refused, or undefined. Adapters and entries that the ledger does not know are judged by the bound alone. */
  refuses(entry: string, error: number): string | undefined {
    this.found[entry] = error;
    const accepted = this.ledger[this.adapter]?.[entry];
    if (process.env.AF3_GPU_LEDGER || accepted === undefined) return undefined;
    const most = GROWTH * Math.max(accepted, FLOOR);
    return error <= most
      ? undefined
      : `${entry}: error ${error} has grown past ${GROWTH} times the accepted ${accepted}`;
  }

  /**
   * Writes what was found, if that was asked for.
   * @param gone says which entries are about something that is no longer there
   */
  save(gone: (entry: string) => boolean = () => false): void {
    if (!process.env.AF3_GPU_LEDGER) return;
    const kept = Object.entries(this.ledger[this.adapter] ?? {}).filter(([entry]) => !gone(entry));
    const entries = { ...Object.fromEntries(kept), ...this.found };
    const rounded = Object.entries(entries).map(([name, error]) => [name, Number(error.toPrecision(2))] as const);
    const sorted = Object.fromEntries(rounded.sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(this.file, `${JSON.stringify({ ...this.ledger, [this.adapter]: sorted }, null, 2)}\n`);
  }
}
