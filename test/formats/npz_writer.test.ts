/** `.npz` as we write it: what our reader and NumPy read back. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { unzipSync } from "fflate";
import { expect, it } from "vitest";
import { Npz } from "../../src/formats/npz.ts";
import { writeNpy, writeNpz } from "../../src/formats/npz_writer.ts";
import { float32, int32, type TensorMap } from "../../src/formats/tensor.ts";
import { scratch } from "../support/binary.ts";

const odd = Float32Array.from([0.1, -0, 2 ** 127, Number.NaN, 2 ** -149, -2]);
const tensors: TensorMap = new Map([
  ["pair", float32([1, 2, 3], odd)],
  ["deep/name", int32([2], Int32Array.from([-(2 ** 31), 2 ** 31 - 1]))],
  ["scalar", float32([], Float32Array.of(7))],
  ["empty", float32([0, 4], new Float32Array())],
]);

it("our reader gives back names, types, shapes and bits", () => {
  const read = new Npz(writeNpz(tensors), "written");
  const bitsOf = (data: ArrayLike<number> & ArrayBufferView): Buffer =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  expect(read.names).toEqual([...tensors.keys()]);
  for (const [name, { dtype, shape, data }] of tensors) {
    expect(read.read(name)).toMatchObject({ dtype, shape });
    expect(bitsOf(read.read(name).data)).toEqual(bitsOf(data));
  }
  expect(writeNpz(tensors)).toEqual(writeNpz(tensors));
});

it("an array is what numpy.save makes of it", () => {
  const bytes = Buffer.from(writeNpy(float32([3], Float32Array.of(1, 2, 3))));
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }".padEnd(117);
  expect(bytes.subarray(0, 10).toString("latin1")).toBe("\x93NUMPY\x01\x00\x76\x00");
  expect(bytes.subarray(10, 128).toString()).toBe(`${header}\n`);
  expect(bytes.length).toBe(128 + 12);
  expect(Object.keys(unzipSync(writeNpz(tensors)))).toEqual(["pair.npy", "deep/name.npy", "scalar.npy", "empty.npy"]);
});

it("NumPy reads it", ({ skip }) => {
  const python = process.env.AF3_GPU_NUMPY_PYTHON ?? "python3";
  if (spawnSync(python, ["-c", "import numpy"]).status !== 0) skip("there is no python3 with NumPy");
  const file = path.join(scratch(), "tensors.npz");
  writeFileSync(file, writeNpz(tensors));
  const script = `
import numpy, sys
with numpy.load(sys.argv[1], allow_pickle=False) as read:
    for name in read.files:
        print(name, read[name].dtype, read[name].shape, read[name].tobytes().hex())
`;
  const { status, stdout, stderr } = spawnSync(python, ["-c", script, file], { encoding: "utf8" });
  const lines = [...tensors].map(([name, { dtype, shape, data }]) => {
    const axes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
    return `${name} ${dtype} ${axes} ${Buffer.from(data.buffer).toString("hex")}\n`;
  });
  expect([status, stderr, stdout]).toEqual([0, "", lines.join("")]);
});
