/** Which part of a checkpoint the weights are, and what they are called. */
import { BadInputError } from "../errors.ts";
import { counted } from "../words.ts";
import { shortName, Tuple, type Value } from "./pickle.ts";
import { TorchTensor } from "./torch_pickle.ts";

/**
 * Entries that hold the weights where the dictionary above them is no state_dict itself: the state_dict of a training script or of
 * Lightning, and what moving averages call theirs.
 */
const ENTRIES = ["model", "state_dict", "params"];

/** What wrappers put in front of every name: DistributedDataParallel, torch.compile, and Lightning's attribute `model`. */
const PREFIXES = ["module.", "_orig_mod.", "model."];

/** Dictionaries in each other that are looked through. */
const MOST_DEPTH = 8;

/** The weights of a checkpoint. */
export interface Entry {
  /** Names of the dictionaries that lead to it; empty for the outermost. */
  readonly path: readonly string[];
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Taken off the names. */
  readonly prefix: string;
  /** Other entries of the outermost dictionary, which are left. */
  readonly left: readonly string[];
}

const holdsTensor = (value: Map<Value, Value>): boolean => {
  for (const item of value.values()) if (item instanceof TorchTensor) return true;
  return false;
};

function kindOf(value: Value | undefined): string {
  if (value === undefined || value === null) return "nothing";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof TorchTensor) return "a tensor";
  if (value instanceof Tuple) return "a tuple";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  if (typeof value === "boolean") return "a truth value";
  return typeof value === "object" ? "another object" : "a number";
}

const namesIn = (value: Map<Value, Value>): string[] => {
  const names = [...value.keys()].map(shortName);
  return names.length <= 8 ? names : [...names.slice(0, 8), `${names.length - 8} more`];
};

/**
 * Finds the weights.
 * @param wanted the entry that was asked for, dots between names; by default the first known one
 * @throws {BadInputError} if there are none, or something else among them
 */
export function weightsIn(root: Value, wanted: string | undefined, file: string): Entry {
  const bad = (what: string): BadInputError => new BadInputError(`${file} ${what}`);
  if (!(root instanceof Map)) throw bad(`holds ${kindOf(root)}, expected a dictionary`);
  const path: string[] = [];
  let state = root;
  const descend = (name: string): void => {
    const inside = state.get(name);
    const where = [...path, name].join(".");
    if (inside === undefined)
      throw bad(
        `has no entry ${shortName(where)}; ${path.length ? `${path.join(".")} has` : "it has"} ${namesIn(state).join(", ") || "none"}`,
      );
    if (!(inside instanceof Map)) throw bad(`holds ${kindOf(inside)} as ${shortName(where)}, expected a dictionary`);
    path.push(name);
    state = inside;
  };
  for (const name of wanted === undefined ? [] : wanted.split(".")) descend(name);
  while (!holdsTensor(state) && path.length < MOST_DEPTH) {
    const next = ENTRIES.find((name) => state.get(name) instanceof Map);
    if (next === undefined) break;
    descend(next);
  }
  const where = path.length ? `its entry ${shortName(path.join("."))}` : "it";
  if (!holdsTensor(state))
    throw bad(
      state.size === 0
        ? `holds no tensors: ${where} is empty`
        : `holds no tensors: ${where} has ${namesIn(state).join(", ")}`,
    );
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of state) {
    if (typeof name !== "string") throw bad(`has the key ${shortName(name)} among its weights, expected names`);
    if (!(value instanceof TorchTensor))
      throw bad(`holds ${kindOf(value)} as ${shortName(name)} among its weights, expected a tensor`);
    tensors.set(name, value);
  }
  const left = path.length ? [...root.keys()].filter((name) => name !== path[0]).map(shortName) : [];
  return { path, left, ...withoutPrefix(tensors) };
}

function withoutPrefix(tensors: ReadonlyMap<string, TorchTensor>): Pick<Entry, "tensors" | "prefix"> {
  let [prefix, found] = ["", tensors];
  const left = new Set(PREFIXES);
  for (;;) {
    const next = [...left].find((one) =>
      [...found.keys()].every((name) => name.startsWith(one) && name.length > one.length),
    );
    if (next === undefined) return { tensors: found, prefix };
    left.delete(next); // a network may have a part of the same name
    found = new Map([...found].map(([name, tensor]) => [name.slice(next.length), tensor]));
    prefix += next;
  }
}

/** Says where weights were found and what was left, for a note. */
export function entryText({ path, left, prefix }: Entry): string | undefined {
  const parts = [
    ...(path.length ? [`weights are its entry ${shortName(path.join("."))}`] : []),
    ...(prefix ? [`the prefix ${prefix} is taken off`] : []),
    ...(left.length
      ? [
          `${counted(left.length, "other entry", "other entries")} ${left.length === 1 ? "is" : "are"} left (${left.slice(0, 8).join(", ")}${left.length > 8 ? ", …" : ""})`,
        ]
      : []),
  ];
  return parts.length ? parts.join(", ") : undefined;
}
