// Inputs, damaged: the same for the same seed and number.

/** A stream of whole numbers. @param {string} name @returns {(below: number) => number} */
export function draws(name) {
  let state = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) state = Math.imul(state ^ name.charCodeAt(at), 0x01000193);
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word ^= word + Math.imul(word ^ (word >>> 7), 61 | word);
    return ((word ^ (word >>> 14)) >>> 0) % below;
  };
}

/** What parsers trip over. */
const PIECES = [
  ...[
    "",
    "\0",
    "\n",
    "\r\n",
    "\t",
    " ",
    "'",
    '"',
    ";",
    "\n;",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\\u0000",
    "|",
    "/",
    "*",
  ],
  ...[
    "null",
    "true",
    "-1",
    "0",
    "1e9",
    "1e999",
    "-0",
    "NaN",
    "0x10",
    "4294967296",
    "A",
    "a",
    "X",
    ">",
    ">>",
    "-",
    ".",
    "#",
    "?",
    "_",
  ],
  ...["loop_", "data_", "save_", "stop_", "data_x", "_a.b", "_atom_site.", "__proto__", "constructor", "toString"],
  ...[
    "é",
    "😀",
    "\u2028",
    "\ufeff",
    "\u202e",
    "\ud800",
    "\u001b[31m",
    "(",
    ")",
    "%",
    "@",
    "=",
    "[C@@H]",
    "c1ccccc1",
    "C".repeat(300),
  ],
];

/** Values that no field expects. @type {readonly unknown[]} */
const VALUES = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    1.5,
    1e9,
    2 ** 32,
    1e308,
    "",
    " ",
    "A",
    "a",
    "AB",
    "1",
    "..",
    "/etc/passwd",
    "\n",
    "\0",
    "é",
    "😀",
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    [{}],
    ["A", "A"],
    { __proto__: null },
    "X".repeat(6),
    "G".repeat(200),
    "data_x\n_a.b 1\n",
    ">q\n\n",
    ">q",
  ],
];

/**
 * A text with some of its characters changed, cut, doubled or moved, or of its lines.
 * @param {string} text @param {(below: number) => number} draw @param {string} [other] of which pieces are put in, too
 */
export function damagedText(text, draw, other = "") {
  let found = text;
  for (let change = 1 + draw(draw(2) ? 1 : 4); change > 0; change--) {
    const from = draw(found.length + 1);
    const to = Math.min(found.length, from + (draw(2) ? 1 : draw(40)));
    const put =
      draw(8) || other === "" ? PIECES[draw(PIECES.length)] : other.slice(draw(other.length)).slice(0, draw(200));
    const kind = draw(6);
    if (kind === 0) found = found.slice(0, from) + put + found.slice(to);
    else if (kind === 1) found = found.slice(0, from) + put + found.slice(from);
    else if (kind === 2) found = found.slice(0, to) + found.slice(from);
    else if (kind === 3) found = found.slice(0, from) + found.slice(to);
    else if (kind === 4) found = damagedLines(found, draw);
    else if (draw(4) === 0) found = found.slice(0, from);
  }
  return found;
}

/** @param {string} text @param {(below: number) => number} draw */
function damagedLines(text, draw) {
  const lines = text.split("\n");
  const [at, other] = [draw(lines.length), draw(lines.length)];
  const kind = draw(4);
  if (kind === 0) lines.splice(at, 1 + draw(3));
  else if (kind === 1) lines.splice(at, 0, lines[other]);
  else if (kind === 2) [lines[at], lines[other]] = [lines[other], lines[at]];
  else lines[at] = lines[at].split(/(\s+)/).reverse().join("");
  return lines.join("\n");
}

/** @param {Uint8Array} bytes @param {(below: number) => number} draw */
export function damagedBytes(bytes, draw) {
  let found = bytes;
  for (let change = 1 + draw(draw(2) ? 1 : 4); change > 0; change--) {
    const from = draw(found.length + 1);
    const to = Math.min(found.length, from + 1 + draw(draw(2) ? 1 : 40));
    const kind = draw(5);
    const put = Uint8Array.from({ length: draw(2) ? 1 : draw(12) }, () =>
      draw(2) ? draw(256) : [0, 1, 127, 128, 255][draw(5)],
    );
    if (kind < 2)
      found = joined(found.subarray(0, from), put, found.subarray(Math.min(found.length, from + put.length)));
    else if (kind === 2) found = joined(found.subarray(0, from), put, found.subarray(from));
    else if (kind === 3) found = joined(found.subarray(0, to), found.subarray(from));
    else found = draw(3) ? joined(found.subarray(0, from), found.subarray(to)) : found.slice(0, from);
  }
  return found;
}

/** @param {readonly Uint8Array[]} pieces */
function joined(...pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Every value that another one holds. @param {any} root @returns {{ holder: any, key: string | number }[]} */
function placesIn(root) {
  if (typeof root !== "object" || root === null || root instanceof Uint8Array) return [];
  return Object.keys(root).flatMap((name) => {
    const key = Array.isArray(root) ? Number(name) : name;
    return [{ holder: root, key }, ...placesIn(root[key])];
  });
}

/**
 * A message with some of its values changed for others of their kind, or of another.
 * @template T @param {T} message @param {(below: number) => number} draw @returns {T}
 */
export function damagedMessage(message, draw) {
  for (let change = 1 + draw(draw(2) ? 1 : 3); change > 0; change--) {
    const places = placesIn(message);
    const { holder, key } = places[draw(places.length)];
    const value = holder[key];
    if (value instanceof Uint8Array) holder[key] = damagedBytes(value, draw);
    else if (typeof value === "string")
      holder[key] = draw(3) ? damagedText(value, draw).replace(/[\ud800-\udfff]/g, "?") : "ByteArray";
    else if (typeof value === "number")
      holder[key] = draw(3) ? draw(40) : [value + 1, value - 1, -1, 0, 2 ** 31 - 1, 1e300][draw(6)];
    else if (draw(2)) holder[key] = [null, 0, "", "A", [], {}, new Uint8Array(3), true][draw(8)];
    else if (Array.isArray(holder)) holder.splice(Number(key), draw(2), structuredClone(value));
    else delete holder[key];
  }
  return message;
}

/**
 * JSON with some of its values changed, left out, doubled or moved: it stays JSON.
 * @param {string} text @param {(below: number) => number} draw @param {(text: string) => string} within damages a text that stands in it
 */
export function damagedJson(text, draw, within) {
  let root = JSON.parse(text);
  for (let change = 1 + draw(draw(2) ? 1 : 3); change > 0; change--) {
    const places = placesIn(root);
    if (places.length === 0) return JSON.stringify(VALUES[draw(VALUES.length)] ?? null);
    const { holder, key } = places[draw(places.length)];
    const value = holder[key];
    const kind = draw(7);
    if (kind === 0) holder[key] = VALUES[draw(VALUES.length)];
    else if (kind === 1) holder[key] = structuredClone(places[draw(places.length)].holder);
    else if (kind === 2 && Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(value));
    else if (kind === 2) holder[`${key}Path`] = value;
    else if (kind === 3 && Array.isArray(holder)) holder.splice(Number(key), 1);
    else if (kind === 3) delete holder[key];
    else if (kind === 4 && typeof value === "number") holder[key] = value + [1, -1, 0.5, 1e6, -1e6][draw(5)];
    else if (kind === 5) holder[key] = [value];
    else if (typeof value === "string") holder[key] = within(value);
    else if (draw(20) === 0) root = VALUES[draw(VALUES.length)];
  }
  return JSON.stringify(root) ?? "null";
}
