/** `.npz`, NumPy's archives: a zip (fflate) of `.npy` arrays. Read with suspicion. */
import { unzipSync } from "fflate";
import { BadInputError, messageOf } from "../errors.ts";
import { readNpy } from "./npy.ts";
import type { HostTensor, TensorMap } from "./tensor.ts";

/**
 * The arrays may unpack to this many times the file's size, and a little more for small files. One-hot features pack to a
 * hundredth; deflate itself ends at 1032, where bombs are.
 */
const MOST_RATIO = 256;
const ALWAYS_ALLOWED = 2 ** 24;

const MOST_ARRAYS = 10_000;

/**
 * Reads all arrays. Integers and truth values become int32, floating-point numbers float32.
 * @param bytes the whole file
 * @param file its name, for messages
 * @throws {BadInputError} if the file is malformed, unpacks to more than 256 times its size, or holds a type or a value
 *   that neither int32 nor float32 can
 */
export function readNpz(bytes: Uint8Array, file: string): TensorMap {
  const bad = (what: string): BadInputError => new BadInputError(`${file} is not a valid npz file: ${what}`);
  const tensors = new Map<string, HostTensor>();
  for (const [entry, content] of Object.entries(unzip(bytes, bad)))
    tensors.set(entry.slice(0, -".npy".length), readNpy(content, `${file}: ${entry}`));
  return tensors;
}

/** The files of the archive, after a look at what its directory says of each. */
function unzip(bytes: Uint8Array, bad: (what: string) => BadInputError): Record<string, Uint8Array> {
  const sizes = new Map<string, number>();
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter({ name, size, originalSize, compression }) {
        if (sizes.has(name) || sizes.size === MOST_ARRAYS)
          throw bad(
            sizes.has(name) ? `it has ${JSON.stringify(name)} twice` : `it has more than ${MOST_ARRAYS} arrays`,
          );
        if (!name.endsWith(".npy")) throw bad(`it holds ${JSON.stringify(name)}, expected arrays (.npy)`);
        if (compression !== 0 && compression !== 8)
          throw bad(`${name} is packed by the method ${compression}, expected none (0) or deflate (8)`);
        total += originalSize;
        if (total > ALWAYS_ALLOWED + MOST_RATIO * bytes.length)
          throw bad(`it unpacks to more than ${MOST_RATIO} times its size`);
        if (size > bytes.length) throw bad(`${name} is longer than the file`);
        sizes.set(name, originalSize);
        return true;
      },
    });
    for (const [name, size] of sizes)
      if (files[name]?.length !== size) throw bad(`${name} does not unpack to the ${size} bytes that it should have`);
    return files;
  } catch (error) {
    throw error instanceof BadInputError ? error : bad(messageOf(error));
  }
}
