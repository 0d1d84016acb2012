// Edits of one token that a wrong shader or a wrong layer could contain.

/**
 * One possible edit: the text at [start, end) becomes `to`.
 * @typedef {{ start: number, end: number, from: string, to: string, line: number, context: string }} Edit
 */

/** @type {readonly (readonly [pattern: RegExp, to: (match: RegExpExecArray) => string])[]} */
const common = [
  [/<=/g, () => "<"],
  [/>=/g, () => ">"],
  [/(?<![<>=\-|&\w])\s<\s(?![=])/g, () => " <= "],
  [/(?<=\s)\+(?=\s)/g, () => "-"],
  [/(?<=\s)-(?=\s)/g, () => "+"],
  [/(?<=\s)\*(?=\s)/g, () => "+"],
  [/(?<=\s)\/(?=\s)/g, () => "*"],
  [/(?<=\s)%(?=\s)/g, () => "/"],
  [/(?<=\s)\+=(?=\s)/g, () => "="],
  [/\bmin\(/g, () => "max("],
  [/\bmax\(/g, () => "min("],
  [/\btrue\b/g, () => "false"],
  [/\bfalse\b/g, () => "true"],
  [/(?<=\s)&&(?=\s)/g, () => "||"],
];

/** What stands in a bracket, with up to two more inside. */
const BRACKETED = /(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*/.source;

/** Edits of what matrix units read: how far rows of a fragment lie apart and which way they run, and what is made halves. */
const matrices = [
  [/(?<=subgroupMatrix.*)\b\w+_PITCH(?=\);)/g, (/** @type {RegExpExecArray} */ [pitch]) => `${pitch} - 8u`],
  [/\b(row|col)_major\b/g, (/** @type {RegExpExecArray} */ [, way]) => `${way === "row" ? "col" : "row"}_major`],
  // Bits in place of the value: what a conversion that is left out leaves, where the language knows no types.
  [
    new RegExp(`\\bvec4h\\((${BRACKETED})\\)`, "g"),
    (/** @type {RegExpExecArray} */ [, value]) => `bitcast<vec4h>((${value}).xy)`,
  ],
  [/\bunpack2x16float\((\w+\.\w)\)/g, (/** @type {RegExpExecArray} */ [, word]) => `vec2f(bitcast<f32>(${word}))`],
  [/\bfloats_of\((\w+), [^()]*\)/g, (/** @type {RegExpExecArray} */ [, halves]) => `vec4f(${halves})`],
  [/\bclamp\((\w+), vec4f\(-?[\d.]+\), vec4f\([\d.]+\)\)/g, (/** @type {RegExpExecArray} */ [, value]) => value],
];

const wgsl = [
  ...common,
  ...matrices,
  [/workgroupBarrier\(\);/g, () => ""],
  [
    /\b0x([0-9a-f]+)u\b/g,
    (/** @type {RegExpExecArray} */ [, digits]) => `0x${(Number.parseInt(digits, 16) + 1).toString(16)}u`,
  ],
  [/\b(\d+)u\b/g, (/** @type {RegExpExecArray} */ [, digits]) => `${Number(digits) + 1}u`],
  [/\b(\d+\.\d+)\b/g, (/** @type {RegExpExecArray} */ [, digits]) => `${(Number(digits) + 1).toFixed(1)}`],
  [/\.x\b/g, () => ".y"],
  [/\.w\b/g, () => ".z"],
  [/\bi \* /g, () => "j * "],
  [/\b(row|column)\b(?=[ +)/\]])/g, (/** @type {RegExpExecArray} */ [name]) => (name === "row" ? "column" : "row")],
  [/\btranspose\(/g, () => "("],
  [/\bexp\(/g, () => "abs("],
  [/\bgate\b(?=[[,)])/g, () => "value"],
];

const model = [
  ...common,
  [/"rows"/g, () => '"columns"'],
  [/"columns"/g, () => '"rows"'],
  [/"outgoing"/g, () => '"incoming"'],
  [/"starting"/g, () => '"ending"'],
  [/"ending"/g, () => '"starting"'],
  [/"penalty"/g, () => '"replace"'],
  [/\bmasks\.rows\b/g, () => "masks.columns"],
  [/\.value\b/g, () => ".gate"],
  [/\.gate\b/g, () => ".value"],
  [/\.query\b/g, () => ".key"],
  [/\bgated\((0|"a")\)/g, () => "gated(1)"],
  [/\b(first|index|offset|channel)\b(?= \*)/g, () => "1"],
  [/(?<=[[(, ])1(?=[,)\] ])/g, () => "0"],
  [/(?<=[[(, ])2(?=[,)\] ])/g, () => "1"],
  [/\b1e([89])\b/g, (/** @type {RegExpExecArray} */ [, power]) => `1e${Number(power) - 7}`],
  [/Math\.sqrt\(/g, () => "("],
];

/** Lines that say nothing a test could notice, or that the loader replaces. */
const SKIPPED_WGSL = /^\s*(\/\/|@group|@builtin|enable )|\/\/! param|^const \w+: bool = (true|false);$/;
const SKIPPED_MODEL = /^\s*(\/\/|\/?\*|import |export (interface|type) |readonly \w+[?]?:)|throw |Error\(/;

/**
 * All edits of a source.
 * @param {string} text
 * @param {"wgsl" | "model"} kind
 * @returns {Edit[]}
 */
export function editsOf(text, kind) {
  const [operators, skipped] = kind === "wgsl" ? [wgsl, SKIPPED_WGSL] : [model, SKIPPED_MODEL];
  /** @type {Edit[]} */
  const edits = [];
  let offset = 0;
  text.split("\n").forEach((line, index) => {
    const code = line.replace(/\/\/.*$/, "");
    if (!skipped.test(line))
      for (const [pattern, to] of operators)
        for (const match of code.matchAll(/** @type {RegExp} */ (pattern))) {
          const [from] = match;
          const start = offset + /** @type {number} */ (match.index);
          const made = /** @type {(match: RegExpExecArray) => string} */ (to)(/** @type {RegExpExecArray} */ (match));
          edits.push({ start, end: start + from.length, from, to: made, line: index + 1, context: line.trim() });
        }
    offset += line.length + 1;
  });
  return edits;
}

/** @param {string} text @param {Edit} edit */
export const applied = (text, { start, end, to }) => text.slice(0, start) + to + text.slice(end);
