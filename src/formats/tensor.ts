/** Tensors on the host. */

export type DType = "float32" | "int32";

export interface HostTensor {
  readonly dtype: DType;
  /** Row-major; [] is a scalar. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type TensorMap = ReadonlyMap<string, HostTensor>;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A float32 tensor. @throws if the values do not fill the shape */
export function float32(shape: readonly number[], data: Float32Array): HostTensor {
  if (data.length !== sizeOf(shape)) throw new Error(`[${shape.join(", ")}] does not hold ${data.length} values`);
  return { dtype: "float32", shape, data };
}

/** An int32 tensor. @throws if the values do not fill the shape */
export function int32(shape: readonly number[], data: Int32Array): HostTensor {
  if (data.length !== sizeOf(shape)) throw new Error(`[${shape.join(", ")}] does not hold ${data.length} values`);
  return { dtype: "int32", shape, data };
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
