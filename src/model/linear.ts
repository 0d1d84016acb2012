/** Linear maps and layer norms as the layers take them, whatever layout an engine stores. */

/** A matrix inside a stored tensor: element (output, input) lies at offset + output · outputStride + input · inputStride. */
export interface MatrixView {
  readonly data: Float32Array;
  readonly offset: number;
  readonly outputStride: number;
  readonly inputStride: number;
}

/** A vector inside a stored tensor. */
export interface VectorView {
  readonly data: Float32Array;
  readonly offset: number;
  readonly stride: number;
}

/** A linear map y = W x + b. The values are looked up when a plan is built for a device, not when it is recorded. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: () => MatrixView;
  readonly bias?: () => VectorView;
}

/** Scale and offset of a layer norm, each of `channels` values. */
export interface LayerNorm {
  readonly channels: number;
  readonly scale: () => VectorView;
  readonly offset: () => VectorView;
}

/** A layer norm and the map behind it. */
export interface Normed {
  readonly norm: LayerNorm;
  readonly map: Linear;
}

/** A vector of equal values, for norms that lack a scale or an offset. */
export const uniformVector = (value: number) => (): VectorView => ({
  data: Float32Array.of(value),
  offset: 0,
  stride: 0,
});

/** A layer norm without weights. */
export const plainNorm = (channels: number): LayerNorm => ({
  channels,
  scale: uniformVector(1),
  offset: uniformVector(0),
});

export const vectorAt = ({ data, offset, stride }: VectorView, index: number): number => data[offset + index * stride];

export const matrixAt = (view: MatrixView, output: number, input: number): number =>
  view.data[view.offset + output * view.outputStride + input * view.inputStride];

/** Where the values of named weights come from. */
export type WeightSource = (name: string) => Float32Array;

/**
 * Hands out weights by name and notes each name with its shape: binding a component's weights is at once the list of
 * what a checkpoint must hold.
 */
export class WeightReader {
  readonly declared = new Map<string, readonly number[]>();
  private readonly source: WeightSource;

  /** @param source without it, weights can be declared but not read, which is all that a plan without a run needs */
  constructor(source?: WeightSource) {
    this.source =
      source ??
      ((name) => {
        throw new Error(`the plan was recorded without weights, ${name} has no values`);
      });
  }

  /** Declares a tensor. @returns its values, looked up when called */
  tensor(name: string, shape: readonly number[]): () => Float32Array {
    this.declared.set(name, shape);
    return () => this.source(name);
  }
}

/** The shape of one head's share in a projection whose outputs are heads × channels. */
export interface HeadLayout {
  readonly heads: number;
  /** Channels per head. */
  readonly channels: number;
}
