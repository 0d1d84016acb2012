/** Words of messages: sizes, counts, names from outside, and what somebody may have meant. */

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/**
 * Bytes for people, with four digits such as `1.5 GiB`.
 * @param round up what is needed and down what there is, so that neither promises too much
 */
export function sizeText(bytes: number, round: (value: number) => number = Math.round): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * power);
  const step = 10 ** (Math.floor(Math.log10(Math.max(1, value))) - 3);
  // Dividing by a whole number keeps 1.1 from becoming 1.1000000000000001.
  const digits = step < 1 ? round(value * Math.round(1 / step)) / Math.round(1 / step) : round(value);
  return `${power === 0 ? bytes : digits} ${power === 0 && bytes === 1 ? "byte" : UNITS[power]}`;
}

/** A number with what it counts, such as `1 tensor` or `2 tensors`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** Control characters, and those that turn the order of the characters behind them around. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text on one line in which every character can be seen: names in files and arguments may hold what a terminal obeys. The others are
 * escaped as in JSON, so that JSON stays what it is.
 */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => {
    const short = JSON.stringify(character).slice(1, -1);
    return short === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : short;
  });

/** As {@link visible}, for text of several lines. */
export const visibleLines = (text: string): string => text.split("\n").map(visible).join("\n");

/** A text of at most so many letters, without its middle: both ends of a name tell more. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  const kept = Math.max(0, most - 1);
  const front = Math.ceil(kept / 2);
  return [...letters.slice(0, front), "…", ...letters.slice(letters.length - (kept - front))].join("");
}

/** What may have been meant where a name is unknown, as a sentence behind the message; empty if nothing is near. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const lower = given.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = edits(lower, name.toLowerCase());
    if (distance < (best?.distance ?? Math.max(given.length, name.length) / 2)) best = { name, distance };
  }
  return best && best.distance <= MOST_EDITS ? `. Did you mean ${best.name}?` : "";
}

/** More than this is another word. */
const MOST_EDITS = 3;

/** How many letters must be added, left out, changed or swapped with the next one to get from one word to the other. */
function edits(from: string, to: string): number {
  let [before, last] = [[] as number[], Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = last[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(last[j] + 1, row[j - 1] + 1, changed, swapped ? before[j - 2] + 1 : Number.POSITIVE_INFINITY));
    }
    [before, last] = [last, row];
  }
  return last[to.length];
}
