/** What a composed shader's text says in numbers: its constants, and the workgroup memory that it declares. */

const CONSTANT = /^const (\w+): u32 = ([^;]+);/gm;
const WORKGROUP = /^var<workgroup> \w+: array<(vec4f|f32|u32|f16), ([^;]+)>;/gm;
const BYTES: Readonly<Record<string, number>> = { vec4f: 16, f32: 4, u32: 4, f16: 2 };

/** The value of every `const NAME: u32`. @throws if one depends on what is no constant */
export function constantsOf(source: string): ReadonlyMap<string, number> {
  const written = new Map([...source.matchAll(CONSTANT)].map(([, name, value]) => [name, value]));
  const values = new Map<string, number>();
  const numberOf = (name: string): number => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const text = written.get(name);
    if (text === undefined) throw new Error(`${name} is no constant`);
    const value = evaluate(text, numberOf);
    values.set(name, value);
    return value;
  };
  for (const name of written.keys()) numberOf(name);
  return values;
}

/** Bytes of workgroup memory, by the declarations. @throws if there is one that it cannot read */
export function workgroupBytes(source: string): number {
  const constants = constantsOf(source);
  const numberOf = (name: string): number => constants.get(name) ?? Number.NaN;
  const found = [...source.matchAll(WORKGROUP)];
  if (found.length !== (source.match(/^var<workgroup>/gm)?.length ?? 0)) throw new Error("unreadable workgroup memory");
  return found.reduce((sum, [, type, length]) => sum + BYTES[type] * evaluate(length, numberOf), 0);
}

/** A sum of products of whole numbers and names, with brackets and `max`; division rounds down, as u32 does. */
function evaluate(text: string, numberOf: (name: string) => number): number {
  const tokens = text.match(/\w+|[-+*/%(),]/g) ?? [];
  let at = 0;
  const factor = (): number => {
    const token = tokens[at++];
    if (token === "max") return largest();
    if (token !== "(") return /^\d+u?$/.test(token) ? Number.parseInt(token, 10) : numberOf(token);
    const value = sum();
    at++; // the closing bracket
    return value;
  };
  const largest = (): number => {
    at++; // the opening bracket
    const left = sum();
    at++; // the comma
    const right = sum();
    at++; // the closing bracket
    return Math.max(left, right);
  };
  const product = (): number => {
    let value = factor();
    while (/^[*/%]$/.test(tokens[at] ?? "")) {
      const operator = tokens[at++];
      const other = factor();
      value = operator === "*" ? value * other : operator === "/" ? Math.floor(value / other) : value % other;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (/^[-+]$/.test(tokens[at] ?? "")) value += tokens[at++] === "+" ? product() : -product();
    return value;
  };
  const value = sum();
  if (at !== tokens.length || !Number.isInteger(value)) throw new Error(`cannot evaluate ${text}`);
  return value;
}
