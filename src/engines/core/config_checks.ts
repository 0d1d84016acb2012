/** Checks that configs of engines share. */
import { BadInputError } from "../../errors.ts";
import { ConfigReader, type Note } from "../../formats/config.ts";
import type { Sizes } from "./component.ts";

/** A width that a config may hold and the inputs' shapes give: both must agree, one must be there. */
export function width(config: ConfigReader, name: string, sizes: Sizes): number {
  const [stated, found] = [config.integer(name), sizes[name]];
  if (stated !== undefined && found !== undefined && stated !== found)
    throw new BadInputError(`${config.path}.${name} is ${stated}, but the inputs have ${found} channels there`);
  const channels = stated ?? found;
  if (channels === undefined) throw new BadInputError(`${config.path}.${name} is missing, and no input gives it`);
  return channels;
}

/** A number that the config and the inputs both state. */
export function counted(reader: ConfigReader, name: string, found: number | undefined, fallback: number): number {
  const stated = reader.integer(name);
  if (stated !== undefined && found !== undefined && stated !== found)
    throw new BadInputError(`${reader.path}.${name} is ${stated}, but the inputs are for ${found}`);
  return stated ?? found ?? fallback;
}

/** @throws {BadInputError} unless `parts` divides `whole` */
export function checkDivides(what: string, whole: number, parts: number): void {
  if (whole % parts !== 0) throw new BadInputError(`${what}: ${whole} does not divide into ${parts} heads`);
}

/** The number of tokens of inputs. @throws {BadInputError} unless there is at least one */
export function checkTokens({ tokens }: Sizes): number {
  if (!Number.isSafeInteger(tokens) || tokens < 1)
    throw new BadInputError(`the number of tokens should be at least 1, not ${tokens}`);
  return tokens;
}

/** @throws {BadInputError} if a head has too few bins for edges with a distance between them */
export function checkBins(what: string, bins: number): void {
  if (bins < 3) throw new BadInputError(`${what} should be at least 3, not ${bins}`);
}

/** Reads a config, and notes the fields that nothing has asked for. */
export function readNoting<T>(given: unknown, note: Note, read: (reader: ConfigReader) => T): T {
  const reader = new ConfigReader(given);
  const config = read(reader);
  const unknown = reader.unknown();
  if (unknown.length) note(`ignored: ${unknown.join(", ")}`);
  return config;
}
