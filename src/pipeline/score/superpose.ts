/** The rotation and translation that lay points on others with the least deviation (Kabsch 1976, by quaternions as Horn 1987). */
import type { Position } from "./structure.ts";

/** A rotation by rows, and where it puts the origin. */
export interface Placement {
  readonly rotation: readonly [Position, Position, Position];
  readonly translation: Position;
}

const dot = (a: Position, b: Position): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export const placed = ({ rotation, translation }: Placement, point: Position): Position => [
  dot(rotation[0], point) + translation[0],
  dot(rotation[1], point) + translation[1],
  dot(rotation[2], point) + translation[2],
];

export const squaredDistance = (a: Position, b: Position): number =>
  (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;

function centreOf(points: readonly Position[]): Position {
  const sum: [number, number, number] = [0, 0, 0];
  for (const point of points) for (let axis = 0; axis < 3; axis++) sum[axis] += point[axis];
  return [sum[0] / points.length, sum[1] / points.length, sum[2] / points.length];
}

/** How moving points are best laid on fixed ones, as many; mirror images are not. */
export function superpose(moving: readonly Position[], fixed: readonly Position[]): Placement {
  const [from, to] = [centreOf(moving), centreOf(fixed)];
  const covariance = new Float64Array(9);
  for (let at = 0; at < moving.length; at++)
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) covariance[a * 3 + b] += (moving[at][a] - from[a]) * (fixed[at][b] - to[b]);
  const r = rotationOf(covariance);
  const rotation: Placement["rotation"] = [
    [r[0], r[1], r[2]],
    [r[3], r[4], r[5]],
    [r[6], r[7], r[8]],
  ];
  return {
    rotation,
    translation: [to[0] - dot(rotation[0], from), to[1] - dot(rotation[1], from), to[2] - dot(rotation[2], from)],
  };
}

/**
 * The rotation, by rows, that lays centred points on others with the least deviation.
 * @param covariance sums over the points of moving times fixed coordinates, [3, 3]
 */
export function rotationOf(covariance: ArrayLike<number>): Float64Array {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = Array.from(covariance);
  const [w, x, y, z] = largestEigenvector(
    Float64Array.of(
      ...[xx + yy + zz, yz - zy, zx - xz, xy - yx],
      ...[yz - zy, xx - yy - zz, xy + yx, zx + xz],
      ...[zx - xz, xy + yx, yy - xx - zz, yz + zy],
      ...[xy - yx, zx + xz, yz + zy, zz - xx - yy],
    ),
  );
  return Float64Array.of(
    ...[w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
    ...[2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
    ...[2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
  );
}

/** Sweeps of Jacobi's method; five are enough for four rows. */
const SWEEPS = 30;
const ROWS = 4;

/** The unit eigenvector of a symmetric matrix [4, 4] with the largest eigenvalue, by Jacobi's rotations. The matrix is overwritten. */
function largestEigenvector(matrix: Float64Array): number[] {
  const vectors = new Float64Array(ROWS * ROWS);
  for (let at = 0; at < ROWS; at++) vectors[at * (ROWS + 1)] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let turned = false;
    for (let p = 0; p < ROWS; p++)
      for (let q = p + 1; q < ROWS; q++) {
        // What is lost beside the diagonal would turn nothing.
        if (
          Math.abs(matrix[p * ROWS + q]) <=
          NOTHING * (Math.abs(matrix[p * (ROWS + 1)]) + Math.abs(matrix[q * (ROWS + 1)]))
        )
          continue;
        turned = true;
        rotate(matrix, vectors, p, q);
      }
    if (!turned) break;
  }
  let largest = 0;
  for (let at = 1; at < ROWS; at++) if (matrix[at * (ROWS + 1)] > matrix[largest * (ROWS + 1)]) largest = at;
  return Array.from({ length: ROWS }, (_, row) => vectors[row * ROWS + largest]);
}

/** Below the rounding of doubles. */
const NOTHING = 2 ** -60;

function rotate(matrix: Float64Array, vectors: Float64Array, p: number, q: number): void {
  const theta = (matrix[q * (ROWS + 1)] - matrix[p * (ROWS + 1)]) / (2 * matrix[p * ROWS + q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const turn = (values: Float64Array, first: number, second: number): void => {
    const [a, b] = [values[first], values[second]];
    values[first] = c * a - s * b;
    values[second] = s * a + c * b;
  };
  for (let k = 0; k < ROWS; k++) turn(matrix, k * ROWS + p, k * ROWS + q);
  for (let k = 0; k < ROWS; k++) turn(matrix, p * ROWS + k, q * ROWS + k);
  matrix[p * ROWS + q] = 0;
  matrix[q * ROWS + p] = 0;
  for (let k = 0; k < ROWS; k++) turn(vectors, k * ROWS + p, k * ROWS + q);
}

/** The root mean square of the distances of points in ångström, once they are laid on each other; null for none. */
export function deviation(moving: readonly Position[], fixed: readonly Position[]): number | null {
  if (moving.length === 0) return null;
  const placement = superpose(moving, fixed);
  const sum = moving.reduce((total, point, at) => total + squaredDistance(placed(placement, point), fixed[at]), 0);
  return Math.sqrt(sum / moving.length);
}
