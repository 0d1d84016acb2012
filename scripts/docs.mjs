// `npm run docs`: writes docs/kernels.md, the tables of fields in docs/benchmarking.md and docs/profile.md, and what docs/precision.md shows of docs/precision.json. Also docs/results.md with its figures.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { profileFields } from "../dist/bench/core/profile.js";
import { rowFields } from "../dist/bench/core/row.js";
import { callOf } from "../dist/bench/kernel_inputs.js";
import { asFile } from "../dist/bench/report/figures/svg.js";
import { gather } from "../dist/bench/report/gather.js";
import { markdownOf } from "../dist/bench/report/markdown.js";
import { reportOf } from "../dist/bench/report/report.js";
import { costOf } from "../dist/gpu/plan/kernel.js";
import { anyDevice } from "../dist/gpu/plan/target.js";
import { chooseVariant } from "../dist/gpu/plan/variant.js";
import { boundOf } from "../dist/kernels/check/tolerance.js";
import { kernels } from "../dist/kernels/index.js";
import { tuning } from "../dist/kernels/tune/table.js";
import { kernelTable } from "./kernel_table.mjs";
import { depthFigure, withTables } from "./precision_report.mjs";
import { resultsPage } from "./results_page.mjs";
import { rowTable } from "./row_table.mjs";

const root = new URL("../", import.meta.url);
const ledger = JSON.parse(readFileSync(new URL("test/errors.json", root), "utf8"));
const text = kernelTable(
  kernels,
  (kernel, testCase) => {
    const { variant, dims } = chooseVariant(kernel, anyDevice(tuning), callOf(testCase));
    return { ...costOf(kernel, variant, dims), bound: boundOf(kernel, variant, dims) };
  },
  tuning,
  ledger,
);
writeFileSync(new URL("docs/kernels.md", root), text);

for (const [name, fields] of /** @type {const} */ ([
  ["docs/benchmarking.md", rowFields],
  ["docs/profile.md", profileFields],
])) {
  const file = new URL(name, root);
  const document = readFileSync(file, "utf8");
  writeFileSync(
    file,
    document.replace(/^\| field \|[\s\S]*?\n(?!\|)/m, () => `${rowTable(fields)}\n`),
  );
}

const { rows } = JSON.parse(readFileSync(new URL("docs/precision.json", root), "utf8"));
const precision = new URL("docs/precision.md", root);
writeFileSync(precision, withTables(readFileSync(precision, "utf8"), rows));
writeFileSync(new URL("docs/images/precision-depth.svg", root), depthFigure(rows));

const measured = reportOf(await gather([fileURLToPath(new URL("docs/measured", root))]), "Results");
for (const [name, content] of resultsPage(measured, markdownOf, asFile)) writeFileSync(new URL(name, root), content);
