// Undone in code that all engines share.
import { without } from "./values.mjs";

/** @typedef {import("./traps.mjs").Edits} Edits */

/** The bias of the outer product added as it is. @type {Edits} */
export const dividedBias = [
  [
    "wgsl/project_residual.wgsl",
    "var update = scale * projected(&tile, q, t, r, c);",
    `var update = scale * projected(&tile, q, t, r, c);
        if (TERMS > 0u && !NORMALISE) { update += (1.0 - scale) * terms[C / 4u + c]; }`,
  ],
];

const IMPORT = `import { columnsOf`;
const WITH_COPIES = `import { copyInto, copyOf } from "./copies.ts";\nimport { columnsOf`;

/** Transitions that may see other rows than those they are added to. @type {Edits} */
const otherRows = [
  [
    "src/model/adaptive.ts",
    `weights: Omit<ConditionedTransitionWeights, "norm" | "outputGate">,`,
    `weights: Omit<ConditionedTransitionWeights, "norm" | "outputGate">, from: Tensor = x,`,
  ],
  ["src/model/adaptive.ts", "adaptiveRows(plan, x, gate.inputs", "adaptiveRows(plan, from, gate.inputs"],
];

/** Transitions of tokens that do not see what the attention has added. @type {Edits} */
export const parallelTokens = [
  ...otherRows,
  ["src/model/token_transformer.ts", IMPORT, WITH_COPIES],
  [
    "src/model/token_transformer.ts",
    `plan.scope("attention", () => token`,
    `const before = copyOf(plan, tokens);\n      void copyInto;\n      plan.scope("attention", () => token`,
  ],
  ["src/model/token_transformer.ts", "{ norm: 1, gate: 1 }, transition)", "{ norm: 1, gate: 1 }, transition, before)"],
];

/** The same of atoms. @type {Edits} */
export const parallelAtoms = [
  ...otherRows,
  ["src/model/atom_transformer.ts", IMPORT, WITH_COPIES],
  [
    "src/model/atom_transformer.ts",
    `plan.scope("attention", () => atom`,
    `const before = copyOf(plan, atoms);\n      void copyInto;\n      plan.scope("attention", () => atom`,
  ],
  ["src/model/atom_transformer.ts", "{ norm, gate: 1 }, transition)", "{ norm, gate: 1 }, transition, before)"],
];

/** An attention whose result takes the tokens' place. @type {Edits} */
export const aloneAttention = [
  ["src/model/token_transformer.ts", IMPORT, WITH_COPIES],
  [
    "src/model/token_transformer.ts",
    `addRows(plan, "output", reshape(q, [rows, heads * width]), columnsOf(weights.output), tokens, {`,
    `const none = plan.constant("none", tokens.shape, () => new Float32Array(tokens.bytes / 4));
  const alone = copyOf(plan, none);
  addRows(plan, "output", reshape(q, [rows, heads * width]), columnsOf(weights.output), alone, {`,
  ],
  [
    "src/model/token_transformer.ts",
    "mask: masks.queries.bytes > 0 ? masks.queries : undefined,\n  });",
    "mask: masks.queries.bytes > 0 ? masks.queries : undefined,\n  });\n  copyInto(plan, alone, tokens);",
  ],
];

/**
 * A linear map without its bias.
 * @param {string} trap @param {string} undone @param {RegExp} names of the biases @param {string} test @returns {import("./traps.mjs").Trap}
 */
export const unbiased = (trap, undone, names, test) => ({ trap, undone, weights: without(names), by: [test] });
