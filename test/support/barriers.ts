/**
 * Where lanes may meet in workgroup memory without a barrier between: a write and a read of one array, in either order. Read from the text
 * of a shader: calls are followed, both ways of every condition are taken, and loops run not at all, once, or more often.
 */

/** What of an array has been written or read since the last barrier, by whom it is the business of, and one place where. */
type Accesses = ReadonlyMap<string, string>;

interface Pending {
  readonly written: Accesses;
  readonly read: Accesses;
}

interface Ends {
  readonly out: Pending | undefined;
  readonly next: Pending | undefined;
}

const NONE: Pending = { written: new Map(), read: new Map() };

const keyOf = ({ written, read }: Pending): string =>
  [written, read].map((accesses) => [...accesses.keys()].sort().join()).join("; ");

const either = (a: Pending | undefined, b: Pending | undefined): Pending | undefined =>
  a && b ? { written: new Map([...b.written, ...a.written]), read: new Map([...b.read, ...a.read]) } : (a ?? b);

const closing: Readonly<Record<string, string>> = { "(": ")", "{": "}", "[": "]" };

/** The function whose text is read, and the one of those that keep to their own in which it was called. */
interface Inside {
  readonly name: string;
  readonly owner: string;
}

/** The place behind what closes the bracket at `at`. */
function behind(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] in closing) depth++;
    else if (")}]".includes(text[i]) && --depth === 0) return i + 1;
  }
  throw new Error(`no bracket closes ${text.slice(at, at + 40)}`);
}

/** The bodies of all functions, by name. */
function bodiesOf(source: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const match of source.matchAll(/\bfn (\w+)\(/g)) {
    const open = source.indexOf("{", behind(source, match.index + match[0].length - 1));
    found.set(match[1], source.slice(open + 1, behind(source, open) - 1));
  }
  return found;
}

/**
 * Pairs of accesses that no barrier keeps apart.
 * @param source a composed shader
 * @param alone functions in which a lane reads and writes nothing but what is its own
 */
export function withoutBarrier(source: string, alone: readonly string[] = []): string[] {
  const text = source.replace(/\/\/.*$/gm, "");
  const arrays = [...text.matchAll(/var<workgroup> (\w+)/g)].map(([, name]) => name);
  const bodies = bodiesOf(text);
  const events = new RegExp(`\\b(?:(workgroupBarrier)\\(|(${arrays.join("|")})\\b|(\\w+)\\()`, "g");
  const hazards = new Set<string>();

  function access(state: Pending, kind: keyof Pending, array: string, { name, owner }: Inside, text: string): Pending {
    const where = `${name}: ${text.replace(/\s+/g, " ")}`;
    const other = kind === "read" ? "written" : "read";
    for (const [key, before] of state[other])
      if (key.startsWith(`${array} `) && (owner === "" || key !== `${array} ${owner}`))
        hazards.add(`${array}: ${other} in ${before}, ${kind} in ${where}`);
    return { ...state, [kind]: new Map([[`${array} ${owner}`, where], ...state[kind]]) };
  }

  /** A statement or condition: what is on the right of an assignment happens first. */
  function simple(inside: Inside, statement: string, before: Pending | undefined): Pending | undefined {
    const assigned = new RegExp(`^(${arrays.join("|")})\\[`).exec(statement);
    const end = assigned ? behind(statement, assigned[0].length - 1) : 0;
    let state = before;
    const inner = assigned ? `${statement.slice(assigned[0].length, end)} ${statement.slice(end)}` : statement;
    for (const match of inner.matchAll(events)) {
      if (!state) return state;
      const [, barrier, array, called] = match;
      const uniform = /workgroupUniformLoad\(&$/.test(inner.slice(0, match.index));
      const stored = /subgroupMatrixStore<\w+>\(&$/.test(inner.slice(0, match.index));
      if (barrier || uniform) state = NONE;
      else if (array) state = access(state, stored ? "written" : "read", array, inside, statement);
      else if (bodies.has(called)) {
        const owner = alone.includes(called) ? called : inside.owner;
        state = block({ name: called, owner }, bodies.get(called) as string, state).out;
      }
    }
    return state && assigned ? access(state, "written", assigned[1], inside, statement) : state;
  }

  const known = new Map<string, Ends>();

  /** A block; `out` is what is pending behind it, `next` behind it where it does not return. */
  function block(inside: Inside, body: string, before: Pending): Ends {
    const key = `${inside.owner} ${body} ${keyOf(before)}`;
    const ends = known.get(key) ?? ran(inside, body, before);
    known.set(key, ends);
    return ends;
  }

  function ran(inside: Inside, body: string, before: Pending): Ends {
    let state: Pending | undefined = before;
    let returned: Pending | undefined;
    /** Runs a branch, and notes what is pending where it returns. */
    const branch = (inner: string): Pending | undefined => {
      if (!state) return undefined;
      const { out, next } = block(inside, inner, state);
      if (!next) returned = either(returned, out);
      else if (/\breturn\b/.test(inner)) returned = either(returned, out);
      return next;
    };
    for (let at = 0; at < body.length; ) {
      const rest = body.slice(at);
      const head = /^\s*(if|else if|for|while|switch)\s*(?=\()/.exec(rest);
      const otherwise = /^\s*(else|loop)\s*(?=\{)/.exec(rest);
      if (/^\s*$/.test(rest)) break;
      if (head) {
        const open = at + head[0].length;
        const first = behind(body, open);
        const start = body.indexOf("{", first);
        const end = behind(body, start);
        const inner = body.slice(start + 1, end - 1);
        const parts = body.slice(open + 1, first - 1).split(";");
        const loops = head[1] === "for" || head[1] === "while";
        state = simple(inside, parts[loops && parts.length > 1 ? 0 : parts.length - 1].trim(), state ?? NONE);
        for (let turn = 0; turn < (loops ? 2 : 1); turn++) {
          for (const part of loops ? parts.slice(1) : []) state = simple(inside, part.trim(), state);
          state = either(state, branch(inner));
        }
        at = end;
      } else if (otherwise) {
        // As if it were a condition of its own: more paths than there are, and none less.
        const start = at + otherwise[0].length;
        const end = behind(body, start);
        state = either(state, branch(body.slice(start + 1, end - 1)));
        at = end;
      } else {
        let end = at;
        while (end < body.length && body[end] !== ";") end = body[end] in closing ? behind(body, end) : end + 1;
        const statement = body.slice(at, end).trim();
        state = simple(inside, statement, state);
        if (/^return\b/.test(statement)) return { out: either(state, returned), next: undefined };
        if (/^break\b|^continue\b/.test(statement)) return { out: either(state, returned), next: state };
        at = end + 1;
      }
    }
    return { out: either(state, returned), next: state };
  }

  block({ name: "main", owner: "" }, bodies.get("main") ?? "", NONE);
  return [...hazards];
}
