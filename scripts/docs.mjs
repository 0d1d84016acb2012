// `npm run docs`: writes docs/kernels.md, and the table of fields in docs/benchmarking.md.
import { readFileSync, writeFileSync } from "node:fs";
import { rowFields } from "../dist/bench/core/row.js";
import { completeDims } from "../dist/gpu/plan/kernel.js";
import { kernels } from "../dist/kernels/index.js";
import { kernelTable } from "./kernel_table.mjs";
import { rowTable } from "./row_table.mjs";

const root = new URL("../", import.meta.url);
const ledger = JSON.parse(readFileSync(new URL("test/errors.json", root), "utf8"));
const text = kernelTable(
  kernels,
  (kernel, testCase) => {
    const given = /** @type {Record<string, number>} */ (testCase.dims);
    const dims = completeDims(kernel, kernel.variants[0], given, testCase.params ?? {}, testCase.scalars ?? {});
    return { ...kernel.cost(dims), bound: kernel.tolerance(dims) };
  },
  ledger,
);
writeFileSync(new URL("docs/kernels.md", root), text);

const measuring = new URL("docs/benchmarking.md", root);
const document = readFileSync(measuring, "utf8");
writeFileSync(
  measuring,
  document.replace(/^\| field \|[\s\S]*?\n(?!\|)/m, () => `${rowTable(rowFields)}\n`),
);
