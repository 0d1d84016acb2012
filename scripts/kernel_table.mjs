// The text of docs/kernels.md, from the kernels' records and the ledger of accepted errors.

/**
 * @param {readonly import("../dist/gpu/plan/kernel.js").AnyKernel[]} kernels
 * @param {(kernel: import("../dist/gpu/plan/kernel.js").AnyKernel, testCase: import("../dist/gpu/plan/kernel.js").KernelCase) => { flops: number, bytes: number, bound: number }} figures
 * @param {Readonly<Record<string, Readonly<Record<string, number>>>>} ledger accepted errors by adapter
 */
export function kernelTable(kernels, figures, ledger) {
  const sections = kernels.map((kernel) => section(kernel, figures, ledger));
  return `# Kernels

Made by \`npm run docs\` from \`src/kernels\` and \`test/errors.json\`; a test compares. Upper-case sizes are frozen into the shader, lower-case ones travel
as uniforms. FLOP and bytes are those that the case needs, each byte counted once. Errors: the largest accepted over all cases, by adapter, and the bound.

${sections.join("\n")}`;
}

/** @type {(kernel: import("../dist/gpu/plan/kernel.js").AnyKernel, figures: Parameters<typeof kernelTable>[1], ledger: Parameters<typeof kernelTable>[2]) => string} */
function section(kernel, figures, ledger) {
  const arrays = [
    ...rows(kernel.inputs, "read"),
    ...rows(kernel.inouts, "read and written"),
    ...rows(kernel.outputs, "written"),
  ].map(([name, shape, access]) => `| \`${name}\` | ${shape} | ${access} |`);
  const cases = kernel.cases.map((/** @type {import("../dist/gpu/plan/kernel.js").KernelCase} */ testCase) => {
    const { flops, bytes, bound } = figures(kernel, testCase);
    const tags = (testCase.tags ?? []).join(", ");
    return `| ${testCase.name} | ${tags} | ${scaled(flops)} | ${scaled(bytes)} | ${bound.toExponential(1)} |`;
  });
  return `## ${kernel.name}
\`${kernel.formula}\`

| array | shape | |
|---|---|---|
${arrays.join("\n")}

| case | | FLOP | bytes | bound |
|---|---|---|---|---|
${cases.join("\n")}

Variants: ${kernel.variants.map((/** @type {import("../dist/gpu/plan/kernel.js").Variant} */ variant) => variantText(kernel.name, variant, ledger)).join("; ")}.
`;
}

/** @type {(name: string, variant: import("../dist/gpu/plan/kernel.js").Variant, ledger: Parameters<typeof kernelTable>[2]) => string} */
function variantText(name, variant, ledger) {
  const errors = Object.entries(ledger).flatMap(([adapter, entries]) => {
    const own = Object.entries(entries).filter(([entry]) => entry.startsWith(`${name} (${variant.name}) `));
    return own.length
      ? [`${adapter.split(" / ")[0]} ${Math.max(...own.map(([, error]) => error)).toExponential(1)}`]
      : [];
  });
  return `**${variant.name}**${errors.length ? ` (error on ${errors.join(", ")})` : ""}`;
}

/** @type {(shapes: Readonly<Record<string, readonly (string | number)[]>>, access: string) => [string, string, string][]} */
const rows = (shapes, access) => Object.entries(shapes).map(([name, shape]) => [name, `[${shape.join(", ")}]`, access]);

/** @param {number} count */
function scaled(count) {
  const power = count >= 1e9 ? 9 : count >= 1e6 ? 6 : count >= 1e3 ? 3 : 0;
  return `${Number((count / 10 ** power).toPrecision(3))}${{ 0: "", 3: " k", 6: " M", 9: " G" }[power]}`;
}
