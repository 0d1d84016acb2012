// `npm run docs`: writes docs/kernels.md, the table of fields in docs/benchmarking.md, and what docs/precision.md shows of docs/precision.json.
import { readFileSync, writeFileSync } from "node:fs";
import { rowFields } from "../dist/bench/core/row.js";
import { callOf } from "../dist/bench/kernel_inputs.js";
import { costOf } from "../dist/gpu/plan/kernel.js";
import { anyDevice } from "../dist/gpu/plan/target.js";
import { chooseVariant } from "../dist/gpu/plan/variant.js";
import { boundOf } from "../dist/kernels/check/tolerance.js";
import { kernels } from "../dist/kernels/index.js";
import { tuning } from "../dist/kernels/tune/table.js";
import { kernelTable } from "./kernel_table.mjs";
import { depthFigure, withTables } from "./precision_report.mjs";
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

const measuring = new URL("docs/benchmarking.md", root);
const document = readFileSync(measuring, "utf8");
writeFileSync(
  measuring,
  document.replace(/^\| field \|[\s\S]*?\n(?!\|)/m, () => `${rowTable(rowFields)}\n`),
);

const { rows } = JSON.parse(readFileSync(new URL("docs/precision.json", root), "utf8"));
const precision = new URL("docs/precision.md", root);
writeFileSync(precision, withTables(readFileSync(precision, "utf8"), rows));
writeFileSync(new URL("docs/images/precision-depth.svg", root), depthFigure(rows));
