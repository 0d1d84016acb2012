/** What every backend checks of a run's inputs: frameworks' own messages name neither file nor tensor, and kernels none. */

import { checkInputs, sizesOfInputs } from "../engines/core/check.ts";
import type { ConfiguredComponent } from "../engines/core/component.ts";
import { findEngine } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import type { Note } from "../formats/config.ts";
import { givenTensors, shapeText, type TensorMap } from "../formats/tensor.ts";

export class InputCheck {
  private readonly configured: ConfiguredComponent;
  private note: Note;

  /** @param note is told of tensors that nobody reads, at the first run */
  constructor(configured: ConfiguredComponent, note: Note) {
    this.configured = configured;
    this.note = note;
  }

  /** @throws {BadInputError} if an input is missing, misshapen, of other sizes than were loaded, or holds a value that it should not */
  check(inputs: TensorMap): void {
    const { component, sizes } = this.configured;
    givenTensors("the inputs", inputs);
    this.checkShapes(inputs);
    for (const [name, size] of Object.entries(sizesOfInputs(component, inputs)))
      if (name in sizes && sizes[name] !== size)
        throw new BadInputError(`the inputs have ${name} = ${size}, but this runner was loaded for ${sizes[name]}`);
    checkInputs(component, inputs, this.note);
    findEngine(component.engine).features.checkRelations(inputs);
    this.note = () => {};
  }

  /** Blames the tensor whose size differs from what was loaded, where others have that size: else other sizes were meant. */
  private checkShapes(inputs: TensorMap): void {
    const { component, sizes } = this.configured;
    const axes = component.inputs.flatMap(({ name, shape }) => {
      const found = inputs.get(name)?.shape;
      if (found?.length !== shape.length) return [];
      const wanted = shape.map((size, axis) => (typeof size === "string" ? (sizes[size] ?? found[axis]) : size));
      return shape.map((size, axis) => ({ name, shape, found, wanted, size, fits: found[axis] === wanted[axis] }));
    });
    const odd = axes.find(({ size, fits }) => !fits && axes.some((other) => other.size === size && other.fits));
    if (!odd) return;
    const { name, shape, found, wanted } = odd;
    throw new BadInputError(
      `the input ${name} is ${shapeText(found)}, expected ${shapeText(wanted)} (${shape.join(", ")})`,
    );
  }
}
