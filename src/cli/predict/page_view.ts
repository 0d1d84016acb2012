/** The structure of a job's best sample, to be turned in its page: by 3Dmol.js, which whoever installs it has in the page itself. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { escaped } from "../../bench/report/figures/svg.ts";
import { POLICY } from "../../bench/report/html.ts";
import { type Band, showStructure } from "./view_script.ts";

/** The package, and the version that was tested. */
const VIEWER = "3dmol@2";
const SCRIPT = "3dmol/build/3Dmol-min.js";

/** The structure of a page. */
export interface Shown {
  /** The name of the file that holds it, beside the page. */
  readonly file: string;
  /** What is in the file: mmCIF, or PDB if the name ends so. */
  readonly text: string;
  /** The viewer's script; without it the page says what brings it. */
  readonly viewer: string | undefined;
}

/** AlphaFold's colours of pLDDT, the highest first. */
export const BANDS: readonly (Band & { readonly text: string })[] = [
  { above: 90, colour: "#0053d6", text: "above 90, very high" },
  { above: 70, colour: "#65cbf3", text: "70 to 90, high" },
  { above: 50, colour: "#ffdb13", text: "50 to 70, low" },
  { above: Number.NEGATIVE_INFINITY, colour: "#ff7d45", text: "50 and below, very low" },
];

/**
 * The viewer's script with its licence, which goes with every copy.
 * @param find where a module's file is
 * @returns undefined where the package is not installed
 */
export async function viewerScript(
  find: (name: string) => string = createRequire(import.meta.url).resolve,
): Promise<string | undefined> {
  try {
    const file = find(SCRIPT);
    const licence = await readFile(path.join(path.dirname(file), "..", "LICENSE"), "utf8");
    return `/*\n${licence.replaceAll("*/", "* /")}\n*/\n${await readFile(file, "utf8")}`;
  } catch {
    return undefined;
  }
}

/**
 * A script's text as an element holds it: what would end the element, or hide its end, is written otherwise, which means the same within strings,
 * patterns and comments. Lines end as a parser of HTML makes them end, or the digest would be another.
 */
const inElement = (script: string): string =>
  script.replace(/\r\n?/g, "\n").replace(/<(?=\/script|script|!--)/gi, "\\x3c");

/** Any value as JSON without a character that means something to HTML, or ends a line to JavaScript alone. */
const json = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

const bandsJson = json(BANDS.map(({ above, colour }) => ({ above: Number.isFinite(above) ? above : -1, colour })));
const starter = `(${String(showStructure)})(globalThis.$3Dmol, ${bandsJson});`;

const STYLE = `
.bands { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; margin: 0.75rem 0 }
.bands span { display: inline-block; width: 1rem; height: 1rem; border: 1px solid var(--faint); border-radius: 3px; margin-right: 0.4rem; vertical-align: -0.15rem }
.view { position: relative; width: 100%; max-width: 46rem; height: min(30rem, 65vh, 90vw); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; margin: 0.5rem 0; cursor: grab; background: var(--ground) }
.view:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.view[hidden], .on-paper { display: none }
@media print { .view, .view-help, .bands { display: none } .on-paper { display: block } }`;

/** The section, and which scripts the page then has. */
export function viewSection({ file, text, viewer }: Shown): { readonly section: string; readonly scripts: string[] } {
  const head = '<section>\n<h2 id="structure">Structure</h2>\n';
  const name = escaped(file);
  if (viewer === undefined)
    return {
      section: `${head}<p>The structure is drawn here in pages that are made where the package 3dmol is installed: npm install ${VIEWER}. Other viewers open ${name}.</p>\n</section>`,
      scripts: [],
    };
  const scripts = [viewer, starter].map(inElement);
  const bands = BANDS.map(({ colour, text: band }) => `<li><span style="background: ${colour}"></span>${band}</li>`);
  const data = { format: file.endsWith(".pdb") ? "pdb" : "cif", text };
  return {
    section: `${head}<style>${STYLE}</style>
<p>The best sample, as in ${name}, coloured by pLDDT. Chains are ribbons; ligands, ions and residues that are bound to no neighbour are sticks and balls.</p>
<ul class="bands" aria-label="Colours of pLDDT">${bands.join("")}</ul>
<div class="view" id="view" hidden role="application" tabindex="0" aria-label="The structure, coloured by pLDDT" aria-describedby="view-help"></div>
<p class="view-help" id="view-help" hidden>Click or tap it, or reach it with Tab. Then dragging or the arrow keys turn it; the wheel, two fingers, + and − bring it nearer or farther; 0 shows all of it. The page scrolls again after a click beside it.</p>
<p id="view-missing">The structure is not drawn: that takes scripts and WebGL 2, which this browser has not or does not allow. Other viewers open ${name}.</p>
<p class="on-paper">The drawing of the structure, which can be turned, is left out on paper.</p>
<script type="application/json" id="view-structure">${json(data)}</script>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</section>`,
    scripts,
  };
}

/** What a page with scripts allows beside a report's: exactly these, that can reach nothing. */
export function policyOf(scripts: readonly string[]): string {
  if (scripts.length === 0) return POLICY;
  const digests = scripts.map((script) => `'sha256-${createHash("sha256").update(script, "utf8").digest("base64")}'`);
  return [POLICY, `script-src ${digests.join(" ")}`, "connect-src 'none'", "base-uri 'none'"].join("; ");
}
