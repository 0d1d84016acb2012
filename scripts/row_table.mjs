// The table of a result row's fields in docs/benchmarking.md, from the schema.

/** @param {Readonly<Record<string, { kind: { words: string }, csv: boolean, about: string }>>} fields */
export const rowTable = (fields) =>
  [
    "| field | is | what it says |",
    "|---|---|---|",
    ...Object.entries(fields).map(
      ([name, { kind, csv, about }]) => `| \`${name}\`${csv ? "" : " (not in the CSV)"} | ${kind.words} | ${about} |`,
    ),
  ].join("\n");
