/**
 * Checkpoints of torch (`.pt`, `.pth`, `.ckpt`): a zip archive of one pickle that describes tensors, and of the storages that they are
 * views of. Read without Python, with suspicion: nothing in the file is run, and no more than one tensor is held.
 */
import { BadInputError } from "../errors.ts";
import { shortened, sizeText, visible } from "../words.ts";
import type { ByteSource } from "./byte_source.ts";
import { readPickle } from "./pickle.ts";
import { sizeOf } from "./tensor.ts";
import { type Entry, weightsIn } from "./torch_entries.ts";
import { type TorchTensor, torchNames } from "./torch_pickle.ts";
import { ZipFile } from "./zip_file.ts";

/** Ten times what a model with its optimiser has. */
const MOST_PICKLE = 2 ** 25;

/** Tensors may share storages, or repeat elements: together they have no more than so many times the file's size, and a little for small files. */
const MOST_RATIO = 16;
const ALWAYS_ALLOWED = 2 ** 24;

/** Names of members may have anything in them, and are in messages. */
const MOST_LETTERS = 400;

const ZIP = [0x50, 0x4b];
/** A pickle of protocol 2 that begins with torch's magic number. */
const LEGACY = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9];
const HEAD = LEGACY.length;

const begins = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, at) => bytes[at] === byte);

/** An opened checkpoint: its pickle has been read, values are read on request. */
export class TorchCheckpoint {
  /** Its name, for messages. */
  readonly file: string;
  /** Where the weights were found. */
  readonly entry: Entry;
  private readonly archive: ZipFile;
  private readonly folder: string;
  /** Storages whose checksums have been looked at. */
  private readonly checked = new Set<string>();

  private constructor(archive: ZipFile, folder: string, entry: Entry, file: string) {
    this.archive = archive;
    this.folder = folder;
    this.entry = entry;
    this.file = file;
  }

  /**
   * Opens a checkpoint.
   * @param file its name, for messages
   * @param entry which of its entries the weights are, dots between names, such as `ema.params`; found by itself by default
   * @throws {BadInputError} if it is no checkpoint, is damaged, holds other Python objects than tensors and plain containers, or no
   *   weights
   */
  static async open(source: ByteSource, file: string, entry?: string): Promise<TorchCheckpoint> {
    const bad = (what: string): BadInputError =>
      new BadInputError(`${file} is not a valid torch checkpoint: ${visible(shortened(what, MOST_LETTERS))}`);
    const head = await source.read(0, Math.min(HEAD, source.size));
    if (begins(head, LEGACY))
      throw new BadInputError(
        `${file} is in the format that torch wrote before 1.6: load it in torch with weights_only=True and save it again`,
      );
    if (!begins(head, ZIP))
      throw bad(head.length === 0 ? "it is empty" : "it is no zip archive, as torch writes since 1.6");
    const archive = await ZipFile.open(source, bad);
    const folder = folderOf(archive.names, bad, file);
    if (archive.sizeOf(`${folder}byteorder`) !== undefined) {
      const order = new TextDecoder().decode(await archive.whole(`${folder}byteorder`, 64));
      if (order !== "little") throw bad(`its numbers are in the byte order ${JSON.stringify(order)}, expected little`);
    }
    const pickle = await archive.whole(`${folder}data.pkl`, MOST_PICKLE);
    const root = readPickle(pickle, { ...torchNames(bad), bad, file });
    const opened = new TorchCheckpoint(archive, folder, weightsIn(root, entry, file), file);
    opened.checkSizes(source.size, bad);
    return opened;
  }

  /** By their names. */
  get tensors(): ReadonlyMap<string, TorchTensor> {
    return this.entry.tensors;
  }

  private checkSizes(fileSize: number, bad: (what: string) => BadInputError): void {
    let total = 0;
    for (const { storage, shape, type } of this.tensors.values()) {
      const found = this.archive.sizeOf(this.member(storage.key));
      if (found === undefined) throw bad(`it has no data/${storage.key}`);
      if (found !== storage.bytes)
        throw bad(`data/${storage.key} has ${found} bytes, but should have ${storage.bytes}`);
      total += sizeOf(shape) * type.bytes;
    }
    if (total > ALWAYS_ALLOWED + MOST_RATIO * fileSize)
      throw bad(`its tensors have ${sizeText(total)}, more than ${MOST_RATIO} times its size`);
  }

  private member(key: string): string {
    return `${this.folder}data/${key}`;
  }

  /** The elements of a tensor as they are stored, row-major, in memory of their own. @throws {BadInputError} if there is none, or it is damaged */
  async bytes(name: string): Promise<Uint8Array> {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new BadInputError(`${this.file} has no tensor ${name}`);
    const { storage, type, offset, span } = tensor;
    const member = this.member(storage.key);
    if (!this.checked.has(member)) await this.archive.check(member);
    this.checked.add(member);
    const bytes = await this.archive.part(member, offset * type.bytes, span * type.bytes);
    return isDense(tensor) ? bytes.slice() : gathered(tensor, bytes);
  }
}

/** The folder that everything lies in. */
function folderOf(names: readonly string[], bad: (what: string) => BadInputError, file: string): string {
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw bad(pickles.length ? "it has more than one data.pkl" : "it is a zip archive without a data.pkl");
  const folder = pickles[0].slice(0, -"data.pkl".length);
  if (names.some((name) => name === `${folder}constants.pkl` || name.startsWith(`${folder}code/`)))
    throw new BadInputError(
      `${file} is a TorchScript program, which is never run; expected a state_dict that torch.save wrote`,
    );
  return folder;
}

/** Whether the elements follow each other row by row, with nothing between them. */
function isDense({ shape, strides }: TorchTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return sizeOf(shape) === 0;
    expected *= shape[axis];
  }
  return true;
}

/** Elements of a view, one behind the other. */
function gathered({ shape, strides, type }: TorchTensor, source: Uint8Array): Uint8Array {
  const { bytes: width } = type;
  const target = new Uint8Array(sizeOf(shape) * width);
  const index = shape.map(() => 0);
  const last = shape.length - 1;
  for (let to = 0, from = 0; to < target.length; ) {
    for (let step = 0; step < shape[last]; step++, to += width)
      for (let byte = 0; byte < width; byte++) target[to + byte] = source[(from + step * strides[last]) * width + byte];
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return target;
}
