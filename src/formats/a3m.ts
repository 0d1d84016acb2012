/** a3m: aligned sequences in which lower case stands for what is inserted between the query's columns. */

/** A record of FASTA or a3m. */
export interface Row {
  /** The header without ">". */
  readonly description: string;
  readonly sequence: string;
}

/**
 * Records as AlphaFold 3 reads them (`parsers.py`): lines are stripped, `>` begins one, its lines are joined, and what stands before the first is
 * ignored, so that a text without headers has none.
 */
export function parseA3m(given: string): Row[] {
  const text = given.includes("\r") ? given.replace(/\r\n?/g, "\n") : given;
  const rows: Row[] = [];
  let description: string | undefined;
  let pieces: string[] = [];
  const end = (): void => {
    if (description !== undefined)
      rows.push({ description, sequence: pieces.length === 1 ? pieces[0] : pieces.join("") });
  };
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf("\n", from);
    if (to < 0) to = text.length;
    const line = text.slice(from, to).trim();
    from = to + 1;
    if (line.startsWith(">")) {
      end();
      description = line.slice(1);
      pieces = [];
    } else if (line !== "" && description !== undefined) pieces.push(line);
  }
  end();
  return rows;
}
