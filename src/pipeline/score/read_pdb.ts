/** PDB files (the wwPDB's format 3.3): columns are fixed. */
import type { BadInputError } from "../../errors.ts";
import { groupedBy } from "../../groups.ts";
import { isPosition } from "../positions.ts";
import type { Site } from "./structure.ts";

export const isPdb = (text: string): boolean => /^(ATOM {2}|HETATM)/m.test(text);

/** Where the element is left out: names begin with a blank, or a number, before elements of one letter. */
function elementOf(line: string): string {
  const given = line.slice(76, 78).trim();
  if (/^[A-Za-z]{1,2}$/.test(given)) return given.toUpperCase();
  return line.slice(12, 16).trim().replace(/^\d+/, "")[0] ?? "";
}

/**
 * The atoms of a file's first model that belong to polymers: those of ATOM records, and of HETATM before the TER of their chain. Where a chain has
 * no TER, modified amino acids are told by their backbone.
 * @param bad makes an error of what is wrong, with the number of the line
 * @throws what `bad` makes, if an atom has no position
 */
export function readPdb(text: string, bad: (what: string, line?: number) => BadInputError): Site[] {
  const sites: (Site & { readonly hetero: boolean })[] = [];
  const ended = new Set<string>();
  let found = false;
  const lines = text.split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    const record = line.slice(0, 6).trimEnd();
    if (record === "ENDMDL" && found) break;
    const chain = line.slice(20, 22).trim() || "_";
    if (record === "TER") ended.add(line.length > 21 ? chain : (sites.at(-1)?.chain ?? "_"));
    if (record !== "ATOM" && record !== "HETATM") continue;
    found = true;
    if (record === "HETATM" && ended.has(chain)) continue;
    const [x, y, z] = [30, 38, 46].map((at) => numberOf(line.slice(at, at + 8)));
    const [atom, residue] = [line.slice(12, 16).trim(), line.slice(17, 20).trim()];
    if (!isPosition([x, y, z])) throw bad(`the atom ${atom || "without a name"} has no position`, index + 1);
    const number = line.slice(22, 27).trim();
    if (atom === "" || residue === "" || number === "")
      throw bad(
        `the atom has no ${atom === "" ? "name" : residue === "" ? "residue" : "number of its residue"}`,
        index + 1,
      );
    const occupancy = numberOf(line.slice(54, 60));
    sites.push({
      chain,
      authorNumber: number,
      sequenceNumber: undefined,
      residue,
      atom: atom.replaceAll("*", "'"),
      element: elementOf(line),
      alternative: line.slice(16, 17).trim(),
      occupancy: Number.isFinite(occupancy) ? occupancy : 1,
      position: [x, y, z],
      hetero: record === "HETATM",
    });
  }
  const residueOf = ({ chain, authorNumber }: Site): string => `${chain} ${authorNumber}`;
  const names = new Map([...groupedBy(sites, residueOf)].map(([key, own]) => [key, own.map(({ atom }) => atom)]));
  return sites.filter((site) => {
    if (!site.hetero || ended.has(site.chain)) return true;
    const own = names.get(residueOf(site));
    return ["N", "CA", "C"].every((atom) => own?.includes(atom));
  });
}

const numberOf = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));
