/** What every backend checks of a run's inputs: frameworks' own messages name neither file nor tensor, and kernels none. */

import { checkInputs, sizesOfInputs } from "../engines/core/check.ts";
import type { ConfiguredComponent } from "../engines/core/component.ts";
import { findEngine } from "../engines/index.ts";
import { BadInputError } from "../errors.ts";
import type { Note } from "../formats/config.ts";
import { givenTensors } from "../formats/given.ts";
import { shapeText, type TensorMap } from "../formats/tensor.ts";

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

  /** Blames the tensor that differs from what was loaded, unless all do: then other sizes were meant. */
  private checkShapes(inputs: TensorMap): void {
    const { component, sizes } = this.configured;
    const compared = component.inputs.flatMap(({ name, shape }) => {
      const found = inputs.get(name)?.shape;
      if (found?.length !== shape.length || !shape.some((size) => typeof size === "string" && size in sizes)) return [];
      const wanted = shape.map((size, axis) => (typeof size === "string" ? (sizes[size] ?? found[axis]) : size));
      return [{ name, shape, found, wanted, fits: shapeText(found) === shapeText(wanted) }];
    });
    const odd = compared.find(({ fits }) => !fits);
    if (odd && compared.some(({ fits }) => fits))
      throw new BadInputError(
        `the input ${odd.name} is ${shapeText(odd.found)}, expected ${shapeText(odd.wanted)} (${odd.shape.join(", ")})`,
      );
  }
}
