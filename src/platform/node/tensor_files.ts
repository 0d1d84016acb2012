/** Tensors in a file whose ending says the format. */
import { BadInputError } from "../../errors.ts";
import { writeNpz } from "../../formats/npz_writer.ts";
import { writeSafetensors } from "../../formats/safetensors.ts";
import type { TensorMap } from "../../formats/tensor.ts";
import { checkWritable, writeWhole } from "./written_files.ts";

type Ending = ".safetensors" | ".npz";

const WRITERS: Readonly<Record<Ending, (tensors: TensorMap) => Uint8Array>> = {
  ".safetensors": writeSafetensors,
  ".npz": writeNpz,
};

export const tensorEndings = Object.keys(WRITERS) as readonly Ending[];

/** The ending of a file, which says its format. @throws {BadInputError} that names the known ones */
function endingOf(file: string, endings: readonly Ending[]): Ending {
  const found = endings.find((ending) => file.toLowerCase().endsWith(ending));
  if (!found) throw new BadInputError(`--out should end in ${endings.join(" or ")}, not "${file}"`);
  return found;
}

/**
 * Finds out before the work whether tensors can be written to a file.
 * @param endings the formats that whoever writes knows
 * @throws {BadInputError} that says what is in the way
 */
export async function checkTensorFile(file: string, endings: readonly Ending[] = tensorEndings): Promise<void> {
  endingOf(file, endings);
  await checkWritable(file);
}

/** Writes tensors, as a whole or not at all. @throws {BadInputError} if the file cannot be written */
export const writeTensors = (file: string, tensors: TensorMap): Promise<void> =>
  writeWhole(file, WRITERS[endingOf(file, tensorEndings)](tensors));
