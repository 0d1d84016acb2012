/** The page of a prediction: what it says, and that it needs nothing else. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { jobPage, samplePage } from "../../src/cli/predict/page.ts";
import {
  coarseErrors,
  confidenceFigure,
  errorsFigure,
  residueConfidences,
} from "../../src/cli/predict/page_figures.ts";
import { BANDS, type Shown, viewerScript } from "../../src/cli/predict/page_view.ts";
import { structureText } from "../../src/pipeline/outputs/files.ts";
import { predictions } from "../../src/pipeline/outputs/prediction.ts";
import { jobOf, ligand, outputsOf, predictedJob, protein } from "../support/predicted.ts";

const [made] = predictions(
  await predictedJob(await jobOf([protein("A", "GS"), ligand("B", "MG")])),
  outputsOf(5, 2),
  7,
);
const scored = (sample: number, rankingScore: number) => ({ seed: 7, sample, rankingScore, ptm: 0.5, iptm: null });
const shown: Shown = {
  file: "a_job_model.cif",
  text: [...structureText(made.structure, "seed-7_sample-0")].join(""),
  viewer: "void 0",
};

describe("a sample's page", () => {
  const page = samplePage(made, {});

  it("needs no other file, and has no scripts", () => {
    expect(page).not.toMatch(/<script|<link|src=|url\(|@import|RANDOM/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain("<title>Prediction of a_job</title>");
  });

  it("says that its weights were random before anything else", () => {
    const marked = samplePage(made, { randomWeights: 2 });
    expect(marked).toMatch(/<\/h1>\s*<p class="warning">MADE WITH RANDOM WEIGHTS \(seed 2\)/);
  });

  it("has a number for every pair of chains, and none where there is none", () => {
    const rows = [...page.matchAll(/<tr><th scope="row">([AB])<\/th>(.*?)<\/tr>/g)].map(([, chain, cells]) => [
      chain,
      ...[...cells.matchAll(/>([^<]*)<\/td>/g)].map(([, text]) => text),
    ]);
    const { chainPairIptm, chainPairPaeMin } = made.summary;
    const text = (value: number) => (Number.isNaN(value) ? "" : value.toFixed(2));
    const expected = [chainPairIptm, chainPairPaeMin].flatMap((table) =>
      table.map((row, at) => ["AB"[at], ...row.map(text)]),
    );
    expect(rows).toEqual(expected);
    expect(rows.at(-1)).toEqual(["B", "", ""]);
  });

  it("of a job ranks its samples, whatever their order, before all else", () => {
    const whole = jobPage(page, [scored(0, 0.25), scored(1, Number.NaN), scored(2, 0.75)], shown);
    expect([...whole.matchAll(/<th scope="row">7<\/th><td class="number">(\d)/g)].map(([, name]) => name)).toEqual([
      "2",
      "0",
      "1",
    ]);
    expect(whole.indexOf('id="samples"')).toBeLessThan(whole.indexOf('id="confidence"'));
    expect(whole.match(/<main>/g)).toHaveLength(1);
    expect(whole.match(/<li><a href="#/g)).toHaveLength(4);
  });
});

describe("the view of a structure in a job's page", () => {
  const of = (changes: Partial<Shown>): string =>
    jobPage(samplePage(made, {}), [scored(0, 1)], { ...shown, ...changes });
  /** Elements as a parser of HTML finds them: a script ends where its end tag is first. */
  const scriptsOf = (html: string) =>
    [...html.matchAll(/<script(| type="application\/json" id="view-structure")>(.*?)<\/script/gs)].map(
      ([, kind, text]) => ({ data: kind !== "", text }),
    );
  const policyIn = (html: string) => html.match(/Content-Security-Policy" content="([^"]*)"/)?.[1];

  it("is not there without the package: a line says what brings it", () => {
    const html = of({ viewer: undefined });
    expect(html).toContain("npm install 3dmol@2. Other viewers open a_job_model.cif.</p>");
    expect(html).not.toMatch(/<script|id="view"/);
    expect(policyIn(html)).toBe("default-src 'none'; style-src 'unsafe-inline'");
  });

  it("has the package's script with its licence, and the page allows these scripts alone", async () => {
    const viewer = await viewerScript();
    const html = of({ viewer });
    const [data, ...scripts] = scriptsOf(html);
    expect([data.data, scripts.map((one) => one.data)]).toEqual([true, [false, false]]);
    expect(JSON.parse(data.text)).toEqual({ format: "cif", text: shown.text });
    expect(scripts[0].text).toMatch(/^\/\*\n3Dmol\.js incorporates code .* BSD-3-Clause .*factory\(\);?$/s);
    const digests = scripts.map(({ text }) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
    expect(policyIn(html)).toBe(
      `default-src 'none'; style-src 'unsafe-inline'; script-src ${digests.join(" ")}; connect-src 'none'; base-uri 'none'`,
    );
    expect(html.match(/<script/g)).toHaveLength(3);
    expect(html).not.toMatch(/ src=| on[a-z]+="/);
  });

  it("cannot be left by what an input names, nor by what the package's script says", () => {
    const hostile = "</script><script>alert(1)</script><!--<script>\u2028\u2029'\"&$&$`\r\n</SCRIPT ";
    const html = of({ viewer: `"</script><!--<script>"\r\n+"$&"`, file: "<b>_model.pdb", text: hostile });
    const [data, viewer, own] = scriptsOf(html);
    expect(JSON.parse(data.text)).toEqual({ format: "pdb", text: hostile });
    expect(data.text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(viewer.text).toBe(`"\\x3c/script>\\x3c!--\\x3cscript>"\n+"$&"`);
    expect(own.text).toMatch(/^\(function showStructure\(/);
    expect(html.match(/<script|<!--/g)).toHaveLength(3);
    expect(html).toContain("as in &lt;b&gt;_model.pdb,");
  });

  it("is left out where the package lies elsewhere or has no such file", async () => {
    const none = await viewerScript(() => {
      throw new Error("Cannot find module");
    });
    expect([none, await viewerScript((name) => `/nowhere/${name}`)]).toEqual([undefined, undefined]);
  });

  it("has AlphaFold's colours, each with its bound in words", () => {
    expect(BANDS.map(({ colour, text }) => `${colour} ${text}`)).toEqual([
      "#0053d6 above 90, very high",
      "#65cbf3 70 to 90, high",
      "#ffdb13 50 to 70, low",
      "#ff7d45 50 and below, very low",
    ]);
  });
});

describe("figures", () => {
  it("have the mean confidence of every residue", () => {
    const { plddt, atoms } = made.structure;
    const glycine = atoms.flatMap(({ residue }, at) => (residue === atoms[0].residue ? [plddt[at]] : []));
    const found = residueConfidences(made);
    expect(found.map(({ chain }) => chain)).toEqual(["A", "A", "B"]);
    expect(found[0].value).toBeCloseTo(glycine.reduce((sum, value) => sum + value) / glycine.length, 6);
    expect(confidenceFigure(made).draw("narrow")).toMatch(/<svg[^>]* width="344"/);
  });

  it("have every pair of tokens, or means of blocks where there are many", () => {
    const { values, stride } = made.full.pae;
    expect(coarseErrors(made)).toEqual([0, 1, 2].map((i) => [0, 1, 2].map((j) => values[i * stride + j])));
    const many = 200;
    const pae = {
      values: Float32Array.from({ length: many * many }, (_, at) => (at % many < 100 ? 1 : 30)),
      stride: many,
    };
    const tokenChainIds = Array.from({ length: many }, (_, at) => (at < 150 ? "A" : "<B>"));
    const large = { ...made, full: { ...made.full, pae, tokenChainIds } };
    const coarse = coarseErrors(large);
    expect([coarse.length, coarse[0].length, coarse[5][0], coarse[5][95]]).toEqual([96, 96, 1, 30]);
    const drawn = errorsFigure(large).draw("wide");
    expect(drawn).toContain("&lt;B&gt;");
    expect(drawn.length).toBeLessThan(100_000);
  });
});
