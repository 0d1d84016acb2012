// The text of docs/kernels.md, from the kernels' records, the tuning table and the ledger of accepted errors.

/**
 * @typedef {import("../dist/gpu/plan/kernel.js").AnyKernel} AnyKernel
 * @typedef {import("../dist/gpu/plan/kernel.js").KernelCase} KernelCase
 * @typedef {import("../dist/gpu/plan/kernel.js").Variant} Variant
 * @typedef {import("../dist/gpu/plan/target.js").TuningRow} TuningRow
 * @typedef {(kernel: AnyKernel, testCase: KernelCase) => { flops: number, bytes: number, bound: number }} Figures
 * @typedef {Readonly<Record<string, Readonly<Record<string, number>>>>} Ledger accepted errors by adapter
 */

/** @param {readonly AnyKernel[]} kernels @param {Figures} figures @param {readonly TuningRow[]} tuning @param {Ledger} ledger */
export function kernelTable(kernels, figures, tuning, ledger) {
  const sections = kernels.map((kernel) => section(kernel, figures, ledger));
  return `# Kernels

Made by \`npm run docs\` from \`src/kernels\` and \`test/errors.json\`; a test compares. Upper-case sizes are frozen into the shader, lower-case ones travel
as uniforms. FLOP and bytes are those that the case needs, each byte counted once, in float32. Errors: the largest accepted over all cases, by adapter, and the bound.

## Which variant runs where
The first row that holds and whose variant can run decides (\`src/kernels/tune/table.ts\`).

| kernels | adapter | sizes | variant | parameters | from |
|---|---|---|---|---|---|
${tuning.map(tuningText).join("\n")}

${sections.join("\n")}`;
}

/** @param {TuningRow} row */
function tuningText({ kernel, family, adapter = {}, sizes = {}, variant, params = {}, origin }) {
  const where = Object.entries(adapter).map(([name, value]) =>
    value === true ? name : value === false ? `no ${name}` : `${name} ${value}`,
  );
  const bounds = Object.entries(sizes).map(([name, [least, most]]) => `${name} ${least}–${most}`);
  const changes = Object.entries(params).map(([name, value]) => `${name} ${value}`);
  const from = origin.kind === "measured" ? `measured on ${origin.on} (${origin.see})` : `judgement: ${origin.because}`;
  const what = kernel === undefined ? `family ${family}` : kernel;
  return `| ${[what, where.join(", ") || "any", bounds.join(", ") || "any", variant, changes.join(", "), from].join(" | ")} |`;
}

/** @param {AnyKernel} kernel @param {Figures} figures @param {Ledger} ledger */
function section(kernel, figures, ledger) {
  const arrays = [
    ...rows(kernel.inputs, "read"),
    ...rows(kernel.inouts, "read and written"),
    ...rows(kernel.outputs, "written"),
  ].map(([name, shape, access]) => `| \`${name}\` | ${shape}${typeText(kernel, name)} | ${access} |`);
  const cases = kernel.cases.map((/** @type {KernelCase} */ testCase) => {
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

Variants: ${kernel.variants.map((/** @type {Variant} */ variant) => variantText(kernel.name, variant, ledger)).join("; ")}.
`;
}

/** @param {string} name @param {Variant} variant @param {Ledger} ledger */
function variantText(name, variant, ledger) {
  const errors = Object.entries(ledger).flatMap(([adapter, entries]) => {
    const own = Object.entries(entries).filter(([entry]) => entry.startsWith(`${name} (${variant.name}) `));
    return own.length
      ? [`${adapter.split(" / ")[0]} ${Math.max(...own.map(([, error]) => error)).toExponential(1)}`]
      : [];
  });
  return `**${variant.name}**${errors.length ? ` (error on ${errors.join(", ")})` : ""}`;
}

/** @param {AnyKernel} kernel @param {string} array */
function typeText({ dtypes, halves = {} }, array) {
  const half = Object.values(halves).some((arrays) => arrays.includes(array));
  return dtypes?.[array] ? ` ${dtypes[array]}` : half ? " f32 or f16" : "";
}

/** @type {(shapes: Readonly<Record<string, readonly (string | number)[]>>, access: string) => [string, string, string][]} */
const rows = (shapes, access) => Object.entries(shapes).map(([name, shape]) => [name, `[${shape.join(", ")}]`, access]);

/** @param {number} count */
function scaled(count) {
  const power = count >= 1e9 ? 9 : count >= 1e6 ? 6 : count >= 1e3 ? 3 : 0;
  return `${Number((count / 10 ** power).toPrecision(3))}${{ 0: "", 3: " k", 6: " M", 9: " G" }[power]}`;
}
