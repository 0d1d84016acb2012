/** What a torch checkpoint's pickle may name: tensors, what they lie in, and plain containers. */
import type { BadInputError } from "../errors.ts";
import { Named, shortName, Tuple, type Value } from "./pickle.ts";
import { sizeOf } from "./tensor.ts";
import { type TorchType, typeNamed, typeOfStorage, UNTYPED } from "./torch_types.ts";

/** Where the elements of tensors lie: a member of the archive. */
export class Storage {
  /** Its name in the archive, below `data/`. */
  readonly key: string;
  /** Undefined for bytes that a tensor says the type of. */
  readonly type: TorchType | undefined;
  readonly elements: number;

  constructor(key: string, type: TorchType | undefined, elements: number) {
    this.key = key;
    this.type = type;
    this.elements = elements;
  }

  get bytes(): number {
    return this.elements * (this.type?.bytes ?? 1);
  }
}

/** A view of a storage. */
export class TorchTensor {
  readonly storage: Storage;
  readonly type: TorchType;
  /** Elements of its storage before the first of its own. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** How many elements of the storage a step along each axis goes. */
  readonly strides: readonly number[];

  constructor(storage: Storage, type: TorchType, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.type = type;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }

  /** Elements of its storage from its first one to its last one. */
  get span(): number {
    return sizeOf(this.shape) === 0
      ? 0
      : this.shape.reduce((sum, size, axis) => sum + (size - 1) * this.strides[axis], 1);
  }
}

const MOST_AXES = 64;

/** Keys become names of members: nothing that leads elsewhere. */
const KEY = /^\w{1,100}$/;

type Call = (args: readonly Value[]) => Value;

/** What the pickle's reader is given. @param bad makes the error for what is wrong with the file */
export function torchNames(bad: (what: string) => BadInputError): {
  allowed: (name: string) => Call | "value" | undefined;
  persistent: (id: Value) => Value;
} {
  const isSize = (value: Value | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

  const sizes = (value: Value | undefined): number[] | undefined =>
    value instanceof Tuple && value.items.length <= MOST_AXES && value.items.every(isSize)
      ? (value.items as number[])
      : undefined;

  function tensor(
    storage: Value | undefined,
    offset: Value,
    shape: Value,
    strides: Value,
    type?: TorchType,
  ): TorchTensor {
    if (!(storage instanceof Storage)) throw bad("a tensor in it has no storage");
    const where = `a tensor in it that lies in data/${storage.key}`;
    const [sides, steps] = [sizes(shape), sizes(strides)];
    if (!isSize(offset) || !sides || !steps || sides.length !== steps.length || !Number.isSafeInteger(sizeOf(sides)))
      throw bad(`${where} has no valid offset, shape and strides`);
    const element = type ?? storage.type;
    if (!element) throw bad(`${where} has no type`);
    if (storage.type && storage.type !== element)
      throw bad(`${where} is of ${element.name}, and its storage of ${storage.type.name}`);
    const made = new TorchTensor(storage, element, offset, sides, steps);
    const needed = made.span === 0 ? 0 : (offset + made.span) * element.bytes;
    if (!(needed <= storage.bytes)) throw bad(`${where} needs ${needed} bytes of it, and it has ${storage.bytes}`);
    return made;
  }

  const pairs = (value: Value): [Value, Value][] => {
    if (value instanceof Map) return [...value];
    if (!Array.isArray(value)) throw bad("a dictionary in it is made of something else than pairs");
    return value.map((pair: Value) => {
      const items = pair instanceof Tuple ? pair.items : pair;
      if (!Array.isArray(items) || items.length !== 2)
        throw bad("a dictionary in it is made of something else than pairs");
      return [items[0], items[1]];
    });
  };
  const dictionary: Call = ([content]) => {
    const made = new Map<Value, Value>();
    for (const [key, value] of content === undefined ? [] : pairs(content)) {
      if (made.has(key)) throw bad(`a dictionary in it names ${shortName(key)} twice`);
      made.set(key, value);
    }
    return made;
  };
  const typed = (value: Value | undefined): TorchType => {
    const type = value instanceof Named ? typeNamed.get(value.name) : undefined;
    if (!type) throw bad("a tensor in it has a type that is not known");
    return type;
  };
  const unread =
    (name: string): Call =>
    () =>
      new Named(name);
  const first: Call = ([value]) => value ?? null;

  const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
    ["torch._utils._rebuild_tensor", ([storage, offset, shape, strides]) => tensor(storage, offset, shape, strides)],
    ["torch._utils._rebuild_tensor_v2", ([storage, offset, shape, strides]) => tensor(storage, offset, shape, strides)],
    [
      "torch._utils._rebuild_tensor_v3",
      ([storage, offset, shape, strides, , , type]) => tensor(storage, offset, shape, strides, typed(type)),
    ],
    ["torch._utils._rebuild_parameter", first],
    ["torch._utils._rebuild_parameter_with_state", first],
    ["collections.OrderedDict", dictionary],
    ["collections.Counter", dictionary],
    ["torch.Size", first],
    ...[
      "torch.device",
      "_codecs.encode",
      "builtins.set",
      "__builtin__.set",
      "builtins.bytearray",
      "__builtin__.bytearray",
    ].map((name): [string, Call] => [name, unread(name)]),
  ]);

  return {
    allowed: (name) =>
      calls.get(name) ?? (typeNamed.has(name) || typeOfStorage.has(name) || name === UNTYPED ? "value" : undefined),
    persistent(id) {
      const [kind, storage, key, , elements] = id instanceof Tuple ? id.items : [];
      const name = storage instanceof Named ? storage.name : undefined;
      if (kind !== "storage" || name === undefined || typeof key !== "string" || !KEY.test(key) || !isSize(elements))
        throw bad("a storage in it is described in an unknown way");
      return new Storage(key, typeOfStorage.get(name), elements);
    },
  };
}
