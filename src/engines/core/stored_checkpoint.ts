/** The weights of a torch checkpoint in memory, as they are stored. */
import { BadInputError } from "../../errors.ts";
import type { HostTensor } from "../../formats/tensor.ts";
import type { TorchCheckpoint } from "../../formats/torch_checkpoint.ts";
import { type TorchType, torchValues } from "../../formats/torch_types.ts";
import type { WeightFile } from "./weights.ts";

interface Stored {
  readonly type: TorchType;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly bytes: Uint8Array;
}

export class StoredCheckpoint implements WeightFile {
  readonly file: string;
  readonly names: readonly string[];
  private readonly tensors: ReadonlyMap<string, Stored>;

  private constructor(tensors: ReadonlyMap<string, Stored>, file: string) {
    this.tensors = tensors;
    this.names = [...tensors.keys()];
    this.file = file;
  }

  /** Reads all tensors. @throws {BadInputError} if one is damaged */
  static async open(checkpoint: TorchCheckpoint): Promise<StoredCheckpoint> {
    const found = new Map<string, Stored>();
    for (const [name, { type, shape }] of checkpoint.tensors)
      found.set(name, { type, shape, bytes: await checkpoint.bytes(name) });
    return new StoredCheckpoint(found, checkpoint.file);
  }

  /** Shape and type of what {@link read} gives, float32 or int32. `stored` is torch's own word for the type. */
  describe(
    name: string,
  ): { readonly dtype: string; readonly shape: readonly number[]; readonly stored: string } | undefined {
    const tensor = this.tensors.get(name);
    if (!tensor) return undefined;
    const { type, shape } = tensor;
    return { dtype: type.as === undefined ? type.name : type.as === "int32" ? "I32" : "F32", shape, stored: type.name };
  }

  /** A tensor's values. @throws {BadInputError} if it is missing, or float32 or int32 cannot hold it */
  read(name: string): HostTensor {
    const { type, shape, bytes } = this.tensor(name);
    return torchValues(type, shape, bytes, `${this.file}: ${name}`);
  }

  /** A tensor's bytes as they are stored. @throws {BadInputError} if it is missing */
  bytes(name: string): Uint8Array {
    return this.tensor(name).bytes;
  }

  private tensor(name: string): Stored {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new BadInputError(`${this.file} has no tensor ${name}`);
    return tensor;
  }
}
