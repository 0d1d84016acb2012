/** YAML from anywhere, as the values of a mapping: small, flat, and without what only programs need. */
import { isMap, parseDocument } from "yaml";
import { BadInputError, messageOf } from "../../errors.ts";

/** Ten thousand cases are written in less. Some of what is larger takes the parser seconds. */
const MOST_BYTES = 64 * 1024;
/** A sweep has lists of mappings in a mapping; what nests deeper is no sweep, and costs the parser its stack. */
const MOST_DEPTH = 16;
/** How often anchors may be repeated: nested ones multiply. */
const MOST_ALIASES = 50;

/**
 * Reads a mapping.
 * @param where names the file in complaints
 * @throws {BadInputError} in one sentence, for what is no YAML, no mapping, or made to hurt
 */
export function readYaml(content: Uint8Array, where: string): ReadonlyMap<string, unknown> {
  const wrong = (what: string): BadInputError => new BadInputError(`${where} ${what}`);
  if (content.length > MOST_BYTES) throw wrong(`has more than ${MOST_BYTES / 1024} KiB, which no sweep needs`);
  const text = textOf(content);
  if (text === undefined) throw wrong("is no YAML: it is not text");
  if (depthOf(text) > MOST_DEPTH) throw wrong(`nests deeper than any sweep (${MOST_DEPTH} levels)`);
  const document = parseDocument(text, { prettyErrors: true, stringKeys: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem?.code === "MULTIPLE_DOCS") throw wrong("holds more than one document: a sweep is one, without ---");
  if (problem) {
    const at = problem.linePos ? `, line ${problem.linePos[0].line},` : "";
    const reason = problem.message.split("\n")[0].replace(/ at line \d+, column \d+:?$/, "");
    throw new BadInputError(`${where}${at} is no YAML that can be read: ${reason}`);
  }
  if (!isMap(document.contents))
    throw wrong(
      document.contents === null
        ? "is empty: it should name options of bench"
        : "is not a mapping of options to values",
    );
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: MOST_ALIASES }) as ReadonlyMap<string, unknown>;
  } catch (error) {
    if (/alias count/i.test(messageOf(error)))
      throw wrong(`repeats what its anchors name more than ${MOST_ALIASES} times (*name), which no sweep needs`);
    throw wrong(`cannot be read: ${messageOf(error)}`);
  }
}

/** Undefined if bytes are no text. */
function textOf(content: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** How deep brackets, and lists that begin in lists, nest at most; those within texts count, too. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const character of text) {
    if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
  }
  const nested = Math.max(
    0,
    ...[...text.matchAll(/^ *(?:[-?:] +)+/gm)].map(([marks]) => marks.replace(/ /g, "").length),
  );
  const indents = new Set(text.split("\n").map((line) => line.length - line.trimStart().length)).size;
  return Math.max(deepest, nested, indents);
}
