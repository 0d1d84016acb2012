/** Random rotations as matrices, made of unit normals. */
import type { RotationForm } from "../core/noise.ts";

/** The smallest norm that a vector is divided by, as in the reference. */
const LEAST_NORM = 1e-10;

/** A random rotation: two normal vectors made orthonormal are the first rows, their cross product is the third. */
function rotationOf(normals: Float32Array): Float32Array {
  const unit = (v: readonly number[]): number[] => {
    const norm = Math.max(LEAST_NORM, Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
    return v.map((value) => value / norm);
  };
  const a = unit([...normals.subarray(0, 3)]);
  const along = a[0] * normals[3] + a[1] * normals[4] + a[2] * normals[5];
  const b = unit(a.map((value, axis) => normals[3 + axis] - value * along));
  const c = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  return Float32Array.of(...a, ...b, ...c);
}

/** Matrices of all directions alike. */
export const rotationMatrices: RotationForm = { name: "step_rotation", shape: [3, 3], normals: 6, make: rotationOf };
