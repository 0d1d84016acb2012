// `npm run docs`: writes docs/kernels.md.
import { readFileSync, writeFileSync } from "node:fs";
import { completeDims } from "../dist/gpu/plan/kernel.js";
import { kernels } from "../dist/kernels/index.js";
import { kernelTable } from "./kernel_table.mjs";

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
