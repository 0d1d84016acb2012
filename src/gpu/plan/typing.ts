/** In which types the arrays of a call are stored: as its tensors are, and as it asks for what it writes anew. */
import type { ElementType } from "./dtype.ts";
import { type AnyKernel, arraysOf, type Dtypes, halvesOf } from "./kernel.ts";

/** A tensor of a call, as messages name it. */
interface Held {
  readonly name: string;
  readonly dtype: ElementType;
  readonly bytes: number;
}

/**
 * The element types of all arrays of a call.
 *
 * @param label of the dispatch, for the message
 * @param tensors that the caller has, by array
 * @param store how outputs that it has no tensors for are to be stored; those not named, as the kernel says
 * @throws if the kernel does not take an array as it is, or those that the shader has one type for differ
 */
export function typesOf(
  label: string,
  kernel: AnyKernel,
  tensors: Readonly<Record<string, Held>>,
  store: Dtypes,
): Dtypes {
  const halves = halvesOf(kernel);
  const types: Record<string, ElementType> = {};
  for (const { name, dtype: own } of arraysOf(kernel)) {
    const held = tensors[name];
    const dtype = held?.dtype ?? store[name] ?? own;
    if (held && store[name] !== undefined && store[name] !== dtype)
      throw new Error(`${label}: ${name} is to be stored as ${store[name]}, but ${held.name} holds ${dtype}`);
    const taken = [own, ...(name in halves ? ["f16"] : [])];
    if (!taken.includes(dtype))
      throw new Error(`${label}: ${name} should hold ${taken.join(" or ")} but ${held?.name ?? "it"} holds ${dtype}`);
    types[name] = dtype;
  }
  for (const arrays of Object.values(kernel.halves ?? {}) as (readonly string[])[]) {
    // An array without elements holds whatever the others do.
    const [first, ...others] = arrays.filter((array) => tensors[array]?.bytes !== 0);
    const other = others.find((array) => types[array] !== types[first]);
    if (other !== undefined)
      throw new Error(
        `${label}: ${arrays.join(", ")} are stored alike, but ${first} holds ${types[first]} and ${other} ${types[other]}`,
      );
    if (first !== undefined) for (const array of arrays) types[array] = types[first];
  }
  return types;
}
