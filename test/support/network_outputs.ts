/** Made-up outputs of a network, of which structures and scores can be made without one. */
import { writeNpz } from "../../src/formats/npz_writer.ts";
import { float32, type HostTensor } from "../../src/formats/tensor.ts";

const SLOTS = 24;

/** Outputs for so many tokens: residues along a line, a little apart from sample to sample. */
export function networkOutputs(tokens: number, samples: number): Map<string, HostTensor> {
  const values = (shape: readonly number[], value: (at: number) => number): HostTensor =>
    float32(
      shape,
      Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) => value(at)),
    );
  const pairs = [samples, tokens, tokens];
  return new Map([
    [
      "positions",
      values([samples, tokens, SLOTS, 3], (at) => {
        const [axis, slot] = [at % 3, Math.floor(at / 3) % SLOTS];
        const [token, sample] = [Math.floor(at / 3 / SLOTS) % tokens, Math.floor(at / 3 / SLOTS / tokens)];
        return axis === 0 ? 3.8 * token + sample / 8 : 1.3 * (axis === 1 ? slot % 5 : Math.floor(slot / 5));
      }),
    ],
    ["contact_probs", values([tokens, tokens], (at) => (at % 11) / 16)],
    ["predicted_lddt", values([samples, tokens, SLOTS], (at) => 50 + (at % 31))],
    ["full_pae", values(pairs, (at) => 1 + (at % 17))],
    ["tmscore_adjusted_pae_global", values(pairs, (at) => ((at * 7) % 13) / 16)],
    ["tmscore_adjusted_pae_interface", values(pairs, (at) => ((at * 5) % 11) / 16)],
  ]);
}

/** The same as a file, with some of them in another's place, or left out where that is undefined. */
export function networkOutputsFile(
  tokens: number,
  samples: number,
  changes: Readonly<Record<string, HostTensor | undefined>> = {},
): Uint8Array {
  const all = new Map<string, HostTensor | undefined>([...networkOutputs(tokens, samples), ...Object.entries(changes)]);
  return writeNpz(new Map([...all].filter((entry): entry is [string, HostTensor] => entry[1] !== undefined)));
}
