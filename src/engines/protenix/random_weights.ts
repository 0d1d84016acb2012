/** Seeded random values of Protenix' weights, by the rules of docs/random-tensors.md. */
import { RandomStream } from "../../formats/random.ts";
import { sizeOf } from "../../formats/tensor.ts";

/** Frequencies and phases of the noise level, [256]: both are drawn from a normal distribution. */
const FOURIER = /\.fourier_embedding\.[wb]$/;

/** Edges of the confidence head's distance bins, [39] each: no random values would make sense. */
const BINS = /\.(lower|upper)_bins$/;
const EDGE = { first: 3.25, step: 1.25, beyond: 1e6 } as const;

/** Values of a weight by docs/random-tensors.md: matrices by fan-in, scales of norms near one, everything else small. */
export function randomWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const stream = new RandomStream(seed, name);
  const length = sizeOf(shape);
  if (shape.length > 1) return stream.normal(length, 1 / Math.sqrt(shape[1]));
  if (shape.length !== 1) throw new Error(`no rule for random values of ${name} [${shape.join(", ")}]`);
  if (FOURIER.test(name)) return stream.normal(length, 1);
  const bins = BINS.exec(name);
  if (bins) return distanceBins(bins[1] === "upper", length);
  return name.endsWith(".weight") ? stream.onePlusNormal(length, 0.1) : stream.normal(length, 0.1);
}

/** Ångström: the lower edges, or the upper ones, of which the last is as good as infinite. */
const distanceBins = (upper: boolean, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, bin) => {
    const edge = upper ? bin + 1 : bin;
    return edge === count ? EDGE.beyond : EDGE.first + EDGE.step * edge;
  });
