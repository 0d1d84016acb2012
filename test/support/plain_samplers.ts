/** The samplers of the pinned repositories as plain loops in double precision: what the plans' samplers are compared with. */
import type { NoiseSource, StepNoise } from "../../src/engines/core/noise.ts";

/** From the noisy positions of a sample [points, 3] to the denoised ones, at a level in ångström. */
export type PlainDenoiser = (noisy: readonly number[], level: number) => readonly number[];

/** One sample: where it begins, what moves it, how much noise each call adds and how far it goes. */
interface Plain {
  readonly levels: readonly number[];
  readonly mask: readonly number[];
  readonly noise: NoiseSource;
  readonly sample: number;
  readonly denoise: PlainDenoiser;
}

const triples = <T>(values: ArrayLike<number>, of: (point: readonly number[], at: number) => T): T[] =>
  Array.from({ length: values.length / 3 }, (_, at) =>
    of(
      [0, 1, 2].map((axis) => values[3 * at + axis]),
      at,
    ),
  );

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** `sample` of alphafold3/model/network/diffusion_head.py: gamma_0 0.8, gamma_min 1, noise 1.003, steps 1.5. */
export function plainDeepmind({ levels, mask, noise, sample, denoise }: Plain): number[] {
  let positions = Array.from(noise.init(sample), (value) => levels[0] * value);
  for (let k = 1; k < levels.length; k++) {
    const drawn = noise.step(sample, k - 1);
    const count = total(mask as number[]);
    const centre = [0, 1, 2].map((axis) => total(triples(positions, (point, at) => mask[at] * point[axis])) / count);
    const moved = triples(positions, (point, at) =>
      [0, 1, 2].map((axis) => {
        const turned = total([0, 1, 2].map((row) => (point[row] - centre[row]) * drawn.rotation[3 * row + axis]));
        return mask[at] * (turned + drawn.translation[axis]);
      }),
    ).flat();
    const raised = levels[k] > 1 ? levels[k - 1] * 1.8 : levels[k - 1];
    const added = 1.003 * Math.sqrt(raised ** 2 - levels[k - 1] ** 2);
    const noisy = moved.map((value, at) => value + added * drawn.noise[at]);
    const denoised = denoise(noisy, raised);
    const gradient = noisy.map((value, at) => (value - denoised[at]) / raised);
    positions = noisy.map((value, at) => value + 1.5 * (levels[k] - raised) * gradient[at]);
  }
  return triples(positions, (point, at) => point.map((value) => mask[at] * value)).flat();
}

/** `DiffusionModule.sample` of the other one, whose centre is the sum of all over the number of those that exist. */
export function plainLigo({ levels, mask, noise, sample, denoise }: Plain): number[] {
  let positions = Array.from(noise.init(sample), (value) => levels[0] * value);
  for (let k = 1; k < levels.length; k++) {
    const drawn = noise.step(sample, k - 1);
    const rows = quaternionRows(drawn);
    const centre = [0, 1, 2].map((axis) => total(triples(positions, (point) => point[axis])) / total(mask as number[]));
    const kept = triples(positions, (point, at) =>
      rows.map((row, axis) => {
        const turned = total(row.map((value, k) => value * (point[k] - centre[k])));
        return mask[at] * (turned + drawn.translation[axis]);
      }),
    ).flat();
    const raised = levels[k] > 1 ? levels[k - 1] * 1.8 : levels[k - 1];
    const added = 1.003 * Math.sqrt(raised ** 2 - levels[k - 1] ** 2);
    const noisy = kept.map((value, at) => value + added * drawn.noise[at]);
    const denoised = denoise(noisy, raised);
    const direction = kept.map((value, at) => (value - denoised[at]) / raised);
    positions = noisy.map((value, at) => value + 1.5 * (levels[k] - raised) * direction[at]);
  }
  return positions;
}

/** The rotation v ↦ q v q⁻¹, one axis after the other. */
function quaternionRows({ rotation }: StepNoise): number[][] {
  const length = Math.sqrt(total(Array.from(rotation, (value) => value * value)));
  const [w, ...u] = Array.from(rotation, (value) => value / length);
  const cross = (a: readonly number[], b: readonly number[]): number[] =>
    [0, 1, 2].map((axis) => a[(axis + 1) % 3] * b[(axis + 2) % 3] - a[(axis + 2) % 3] * b[(axis + 1) % 3]);
  const columns = [0, 1, 2].map((axis) => {
    const v = [0, 1, 2].map((other) => Number(other === axis));
    const twice = cross(u, v).map((value) => 2 * value);
    const back = cross(u, twice);
    return v.map((value, at) => value + w * twice[at] + back[at]);
  });
  return [0, 1, 2].map((row) => columns.map((column) => column[row]));
}
