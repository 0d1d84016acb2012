/** `af3-gpu weights fetch`: downloads published weights, from an address that the user names. Nothing is downloaded unasked. */
import path from "node:path";
import type { PublishedWeights } from "../engines/core/engine.ts";
import { enumerated } from "../engines/core/names.ts";
import { engineNames, findEngine } from "../engines/index.ts";
import { BadInputError, CancelledError } from "../errors.ts";
import { secrecy } from "../pipeline/align/address.ts";
import { download, fileAddress } from "../platform/node/download.ts";
import { didYouMean, sizeText, visible } from "../words.ts";
import { stop } from "./context.ts";
import { noteOnce, print, progress, remark } from "./output.ts";

export interface FetchOptions {
  readonly from?: URL;
  readonly out?: string;
  readonly sha256?: string;
}

/** The digest of a file. @throws {BadInputError} unless it is one */
export function sha256(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new BadInputError(`--sha256 should be 64 hexadecimal digits, not "${text}"`);
  return text.toLowerCase();
}

export const publishedAddress = (text: string): URL => fileAddress(text);

const allPublished = (): (PublishedWeights & { readonly engine: string })[] =>
  engineNames.flatMap((engine) => (findEngine(engine).published ?? []).map((one) => ({ engine, ...one })));

export const publishedNames = (): string[] => allPublished().map(({ preset }) => preset);

function modelOf(name: string) {
  const all = allPublished();
  const found = all.find((one) => one.preset === name || one.name === name);
  if (found) return found;
  const known = all.map(({ preset }) => preset);
  throw new BadInputError(
    `nobody publishes weights called ${visible(name)}; there are ${enumerated(known)}${didYouMean(name, known)}`,
  );
}

export async function fetchWeights(name: string, { from, out, sha256: wanted }: FetchOptions): Promise<void> {
  const { engine, preset, address, licence, megabytes, name: theirs } = modelOf(name);
  if (from === undefined)
    throw new BadInputError(
      `nothing is downloaded unasked: the publisher's own program looks for ${theirs} (about ${megabytes} MB; ${licence}) at ${address}, an address that has not been tried from here; name it, or a copy, with --from`,
    );
  const file = out ?? decodedName(from);
  const shown = progress();
  const note = noteOnce();
  remark(`note: ${visible(`downloading ${from.href} to ${file}, ${secrecy(from)}; ${theirs}: ${licence}`)}`);
  try {
    const since = performance.now();
    let first: number | undefined;
    const done = await download(from, file, {
      sha256: wanted,
      signal: stop.signal,
      note: (text) => {
        shown.stop();
        note(text);
      },
      progress(bytes, total) {
        first ??= bytes;
        const rate = (bytes - first) / Math.max(1, (performance.now() - since) / 1000);
        const share = total ? ` of ${sizeText(total)}, ${Math.floor((100 * bytes) / total)} %` : "";
        shown.doing(`${sizeText(bytes)}${share}, ${sizeText(Math.round(rate))} a second`);
      },
    });
    shown.done(done.already ? `${file} is there already` : `wrote ${file}, ${sizeText(done.bytes)}`);
    if (wanted === undefined)
      remark(
        "note: nothing says which SHA-256 it should have; compare it with what the publisher or others you trust say",
      );
    print(`sha256 ${done.sha256}`);
    remark(`next: af3-gpu weights convert ${file} --engine ${engine} --preset ${preset} --out ${preset}.safetensors`);
  } catch (error) {
    shown.stop();
    if (error instanceof CancelledError) remark("note: what has come is kept; the same command goes on");
    throw error;
  } finally {
    shown.stop();
  }
}

/** The last part of an address. @throws {BadInputError} if that names no file */
function decodedName({ href, pathname }: URL): string {
  let name: string;
  try {
    name = decodeURIComponent(path.posix.basename(pathname));
  } catch {
    name = "";
  }
  if (!/^\w[\w.+-]{0,200}$/.test(name))
    throw new BadInputError(visible(`${href} names no file: say where it goes with --out`));
  return name;
}
