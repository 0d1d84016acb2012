// Writes dictionary/components.json.gz, the components that come with the package, from the wwPDB's Chemical Component Dictionary (CC0 1.0):
//
//   node scripts/dictionary.mjs components.cif|components.bcif third_party/checkouts/deepmind/src/alphafold3/constants/residue_names.py
//
// The dictionary is the wwPDB's own file, or the one inside the Python package biotite. The second file has the table of one-letter codes by
// which AlphaFold 3 knows modified residues; it is not that of the dictionary.
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { isBinaryCif, parseBinaryCif } from "../dist/formats/binary_cif.js";
import { cifBlocks } from "../dist/formats/cif.js";
import { componentsOf } from "../dist/pipeline/dictionary/component.js";
import { packComponents } from "../dist/pipeline/dictionary/packed.js";

/** Residues, nucleotides, and what is most common among modifications, ligands, ions and what crystals are grown in. */
const CODES = `
1MA 2FA 2MG 5CM 5MC 5MU 6OG 7MG 8OG A A2G ACE ACO ACT ADP AG AIB AIN ALA ALY AMP ANP ARG ASN ASP ATP AU AZI BA BCL BDP BEN BGC BMA BNZ BR BTN BZD C CA CD
CFF CHL CIT CL CLA CLR CME CMO CO COA CS CSD CSO CTP CU CU1 CYN CYS DA DAL DC DG DMS DN DOD DT DTP DU EDO EOH EPE F3S FAD FE FE2 FES FMN FMT FOR FRU FUC
FUL G GAL GCU GDP GLA GLC GLN GLU GLY GOL GTP GUN H2S H2U HEA HEC HEM HG HIS HOH HYP I IBP IDR ILE IMA IOD IPA K KCX LEU LI LIG LLP LYS M2G M3L MAN MES MET
MG MLY MN MOH MSE MTX N NA NAD NAG NAP NDG NGA NH2 NH4 NI NLE NME O2 OCS OLC OMC OMG OXY PB PCA PEE PEG PHE PHI PLP PO4 PRO PSU PTR PYL RAM RB RET RIB SAH
SAM SEC SEP SER SF4 SGN SIA SO3 SO4 SR STI T6A THR TOL TPO TPP TRP TRS TTP TYL TYR U UDP UMP UNK UNX URE UTP VAL XYP XYS YYG ZN
`
  .trim()
  .split(/\s+/);

const [dictionary, names] = process.argv.slice(2);
if (!dictionary || !names)
  throw new Error("usage: node scripts/dictionary.mjs components.cif|components.bcif residue_names.py");

const wanted = new Set(CODES);
/** @type {import("../dist/pipeline/dictionary/component.js").Component[]} */
const found = [];
const first = readFileSync(dictionary).subarray(0, 1);
const blocks = isBinaryCif(first)
  ? parseBinaryCif(readFileSync(dictionary), dictionary)
  : cifBlocks(createReadStream(dictionary), dictionary);
for await (const block of blocks) found.push(...componentsOf(block, dictionary, (code) => wanted.has(code)));
const missing = CODES.filter((code) => !found.some((component) => component.code === code));
if (missing.length > 0) throw new Error(`${dictionary} lacks ${missing.join(", ")}`);

// BinaryCIF holds weights as numbers; the text has three decimals of each.
const weighed = found.map((component) => ({
  ...component,
  weight: component.weight && Number(component.weight).toFixed(3),
}));

const [, table] = /CCD_NAME_TO_ONE_LETTER[^{]*\{([^}]*)\}/.exec(readFileSync(names, "utf8")) ?? [];
if (!table) throw new Error(`${names} has no CCD_NAME_TO_ONE_LETTER`);
/** @type {Record<string, string>} */
const letters = {};
for (const [, code, letter] of table.matchAll(/'([^']+)': '([A-Z])'/g))
  letters[letter] = `${letters[letter] ?? ""} ${code}`.trim();

const packed = gzipSync(JSON.stringify({ components: packComponents(weighed), letters }), { level: 9 });
packed[9] = 255; // the system it was packed on, so that all systems write the same
writeFileSync(new URL("../dictionary/components.json.gz", import.meta.url), packed);
console.log(`${found.length} components, ${packed.length} bytes`);
