/** How arrays larger than a binding or a buffer are cut, for any sizes and limits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TooLargeError } from "../../src/errors.ts";
import { align } from "../../src/gpu/plan/dtype.ts";
import { BINDING_ALIGNMENT, bindingBytes, buffersOf, partsOf } from "../../src/gpu/plan/parts.ts";
import { Plan } from "../../src/gpu/plan/plan.ts";
import { type ArrayLimits, defaultLimits } from "../../src/gpu/plan/target.ts";
import { add } from "../../src/kernels/add.ts";
import { target } from "../support/target.ts";

const limitsOf = (binding: number, buffer: number): ArrayLimits => ({
  maxStorageBufferBindingSize: binding,
  maxBufferSize: buffer,
});
const limits = fc.tuple(fc.integer({ min: 256, max: 5000 }), fc.integer({ min: 256, max: 20000 }));
const place = fc.tuple(fc.integer({ min: 1, max: 50_000 }), fc.nat(50));

describe("an array", () => {
  it("is covered by its bindings in order, each within a buffer, aligned and no larger than allowed", () => {
    fc.assert(
      fc.property(limits, place, ([binding, buffer], [bytes, start]) => {
        const own = limitsOf(binding, buffer);
        const offset = BINDING_ALIGNMENT * start;
        const buffers = buffersOf(offset + bytes, own);
        const begins = buffers.map((_, index) => buffers.slice(0, index).reduce((sum, size) => sum + size, 0));
        let at = offset;
        for (const part of partsOf({ bytes, offset }, own)) {
          expect(begins[part.buffer] + part.offset).toBe(at);
          expect(part.offset % BINDING_ALIGNMENT).toBe(0);
          expect(part.bytes).toBeGreaterThan(0);
          expect(part.bytes).toBeLessThanOrEqual(Math.min(binding, buffer));
          expect(part.offset + part.bytes).toBeLessThanOrEqual(buffers[part.buffer]);
          at += part.bytes;
        }
        expect(at).toBe(offset + align(bytes));
        for (const size of buffers) expect(size).toBeLessThanOrEqual(buffer);
        expect(buffers.reduce((sum, size) => sum + size, 0)).toBe(align(offset + bytes));
      }),
    );
  });

  it("lies in one buffer and one binding where the limits allow that, and where there are none", () => {
    const none = limitsOf(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    for (const own of [defaultLimits, none]) {
      expect(partsOf({ bytes: 2 ** 27 }, own)).toEqual([{ buffer: 0, offset: 0, bytes: 2 ** 27 }]);
      expect(partsOf({ bytes: 100, offset: 512 }, own)).toEqual([{ buffer: 0, offset: 512, bytes: 112 }]);
      expect(buffersOf(2 ** 27, own)).toEqual([2 ** 27]);
    }
    expect(bindingBytes(none)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is cut as one that shares its buffers: at places that its own size does not change", () => {
    const own = limitsOf(1024, 2048 + 256);
    // The buffer that one array needs may have been made for a larger one.
    for (const bytes of [1500, 2200, 2304, 5000]) {
      const sizes = buffersOf(bytes, own);
      expect(sizes.slice(0, -1)).toEqual(sizes.slice(0, -1).map(() => 2048));
      for (const { buffer, offset } of partsOf({ bytes }, own)) expect(2048 * buffer + offset).toSatisfy(isCut);
    }
    function isCut(at: number): boolean {
      return at % 1024 === 0;
    }
  });
});

describe("a dispatch", () => {
  const planOn = (binding: number, bindings = 16): Plan =>
    new Plan({
      ...target,
      limits: { ...target.limits, maxStorageBufferBindingSize: binding, maxStorageBuffersPerShaderStage: bindings },
    });
  const record = (plan: Plan): void => {
    const [x, z, mask] = [plan.input("x", [100, 8]), plan.input("z", [100, 8]), plan.input("mask", [100])];
    plan.dispatch(add, { x, z, mask }, { scalars: { rows: 100 } });
  };

  it("binds arrays of 3200 bytes as often as it must", () => {
    const plan = planOn(1024);
    record(plan);
    expect(plan.steps[0].parts.map(({ length }) => length)).toEqual([4, 4, 1, 4]);
  });

  it("is refused if that is more often than the device allows, and says which array is large", () => {
    expect(() => record(planOn(1024, 12))).toThrow(TooLargeError);
    expect(() => record(planOn(1024, 12))).toThrow(
      "add takes 13 bindings of 1 KiB, the device allows 12: x [100, 8] has 3.125 KiB",
    );
  });

  it("is refused if a shader could not count the elements", () => {
    const plan = planOn(2 ** 27);
    expect(() => plan.input("z", [2 ** 16, 2 ** 16])).toThrow("more elements than shaders can count");
    expect(() => plan.input("z", [2 ** 16, 2 ** 16 - 1])).not.toThrow();
  });
});
