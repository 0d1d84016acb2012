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
  const s = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let at = 0; at < moving.length; at++)
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) s[a * 3 + b] += (moving[at][a] - from[a]) * (fixed[at][b] - to[b]);
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = s;
  const [w, x, y, z] = largestEigenvector([
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, yy - xx - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ]);
  const rotation: Placement["rotation"] = [
    [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
  ];
  return {
    rotation,
    translation: [to[0] - dot(rotation[0], from), to[1] - dot(rotation[1], from), to[2] - dot(rotation[2], from)],
  };
}

/** Sweeps of Jacobi's method; five are enough for four rows. */
const SWEEPS = 30;

/** The unit eigenvector of a symmetric matrix with the largest eigenvalue, by Jacobi's rotations. The matrix is overwritten. */
function largestEigenvector(matrix: number[][]): number[] {
  const size = matrix.length;
  const vectors = matrix.map((_, row) => matrix.map((__, column) => (row === column ? 1 : 0)));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rest = 0;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rest += Math.abs(matrix[p][q]);
    if (rest === 0) break;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) if (matrix[p][q] !== 0) rotate(matrix, vectors, p, q);
  }
  const values = matrix.map((row, at) => row[at]);
  const largest = values.indexOf(Math.max(...values));
  return vectors.map((row) => row[largest]);
}

function rotate(matrix: number[][], vectors: number[][], p: number, q: number): void {
  const theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (const row of matrix) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
  const [first, second] = [matrix[p], matrix[q]];
  for (let k = 0; k < first.length; k++)
    [first[k], second[k]] = [c * first[k] - s * second[k], s * first[k] + c * second[k]];
  [first[q], second[p]] = [0, 0];
  for (const row of vectors) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
}

/** The root mean square of the distances of points in ångström, once they are laid on each other; null for none. */
export function deviation(moving: readonly Position[], fixed: readonly Position[]): number | null {
  if (moving.length === 0) return null;
  const placement = superpose(moving, fixed);
  const sum = moving.reduce((total, point, at) => total + squaredDistance(placed(placement, point), fixed[at]), 0);
  return Math.sqrt(sum / moving.length);
}
