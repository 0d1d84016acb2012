/** Reading NumPy's archives; hostile files get an error. */
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { type Zippable, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { BadInputError } from "../../src/errors.ts";
import { Npz } from "../../src/formats/npz.ts";
import type { HostTensor } from "../../src/formats/tensor.ts";
import { bytesOf, header, npy } from "../support/npy.ts";
import { makeZip } from "../support/zip.ts";

/** Written by NumPy, with savez and savez_compressed. */
const fixture = (name: string): Uint8Array => readFileSync(path.resolve(import.meta.dirname, "../fixtures", name));
const readNpz = (bytes: Uint8Array, file: string): Map<string, HostTensor> => {
  const archive = new Npz(bytes, file);
  return new Map(archive.names.map((name) => [name, archive.read(name)]));
};
const archive = (files: Zippable): Uint8Array => zipSync(files);

describe("an archive", () => {
  it.each(["stored.npz", "deflated.npz"])("%s made by NumPy is read as float32 and int32", (name) => {
    const found = readNpz(fixture(name), name);
    expect(Object.fromEntries(found)).toEqual({
      f4: { dtype: "float32", shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, at) => (at - 7) / 8) },
      f8: { dtype: "float32", shape: [3], data: Float32Array.of(0.1, -2e30, Infinity) },
      i8: { dtype: "int32", shape: [2, 2], data: Int32Array.of(1, -2, 3, 4) },
      i4: { dtype: "int32", shape: [3], data: Int32Array.of(0, 1, 2) },
      u1: { dtype: "int32", shape: [2], data: Int32Array.of(0, 255) },
      b1: { dtype: "int32", shape: [2], data: Int32Array.of(1, 0) },
      i2: { dtype: "int32", shape: [], data: Int32Array.of(-5) },
      fortran: { dtype: "int32", shape: [2, 3, 4], data: Int32Array.from({ length: 24 }, (_, at) => at) },
      none: { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
    });
  });

  it("without arrays is empty", () => {
    expect(readNpz(archive({}), "file").size).toBe(0);
  });
});

describe("a member that nobody reads", () => {
  const good = npy(header("<f4"), bytesOf(Float32Array.of(1, 2)));
  it.each<[string, Parameters<typeof makeZip>[0][number]]>([
    ["holds text", { name: "y.npy", data: npy(header("<U1"), new Uint8Array(8)) }],
    ["holds Python objects", { name: "y.npy", data: npy(header("|O"), new Uint8Array(3)) }],
    ["is no array", { name: "README.txt", data: new Uint8Array(9) }],
    ["is a folder", { name: "folder/", data: new Uint8Array(0) }],
    ["is damaged", { name: "y.npy", data: good, crc: 1 }],
    ["is encrypted", { name: "y.npy", data: good, flags: 1 }],
    ["is packed with something new", { name: "y.npy", data: good, method: 93 }],
    ["says that it is huge", { name: "y.npy", data: good, size: 2 ** 31 }],
  ])("does not matter where it %s", (_, member) => {
    for (const members of [
      [{ name: "x.npy", data: good }, member],
      [member, { name: "x.npy", data: good }],
    ]) {
      const found = new Npz(makeZip(members), "file");
      expect(found.read("x").data).toEqual(Float32Array.of(1, 2));
      expect(() => found.read(member.name.replace(/\.npy$/, ""))).toThrow(BadInputError);
    }
  });
});

it("what is read twice counts once against the limit", () => {
  const data = npy(header("<f4", "4000000,"), new Uint8Array(16_000_000));
  const found = new Npz(makeZip([{ name: "x.npy", data, method: 8 }]), "file");
  expect(found.read("x").data.length).toBe(4_000_000);
  expect(found.read("x").data.length).toBe(4_000_000);
});

describe("what zip writers differ in", () => {
  const good = npy(header("<f4"), bytesOf(Float32Array.of(1, 2)));
  it.each<[string, Parameters<typeof makeZip>]>([
    ["stored", [[{ name: "x.npy", data: good }]]],
    ["deflated", [[{ name: "x.npy", data: good, method: 8 }]]],
    ["sizes behind the data", [[{ name: "x.npy", data: good, method: 8, descriptor: true }]]],
    ["sizes of eight bytes in front of the data", [[{ name: "x.npy", data: good, localZip64: true }]]],
    ["sizes of eight bytes in the directory", [[{ name: "x.npy", data: good, zip64: true }]]],
    ["a zip64 end", [[{ name: "x.npy", data: good, zip64: true }], { zip64: true }]],
    ["a comment", [[{ name: "x.npy", data: good }], { comment: "made by hand" }]],
    ["bytes in front", [[{ name: "x.npy", data: good }], { before: new Uint8Array(77) }]],
    ["bytes behind", [[{ name: "x.npy", data: good }], { behind: new Uint8Array(5) }]],
    ["an array without its ending", [[{ name: "x", data: good }]]],
  ])("%s is read", (_, made) => {
    expect(new Npz(makeZip(...made), "file").read("x").data).toEqual(Float32Array.of(1, 2));
  });
});

describe("a hostile archive", () => {
  const good = npy(header("<f4"), new Uint8Array(8));

  it.each<[string, Uint8Array, string]>([
    ["is no zip", new Uint8Array(99), "it has no directory at its end, as if it were cut off"],
    ["is empty", new Uint8Array(0), "it has no directory at its end"],
    [
      "holds something else",
      archive({ x: good.subarray(1) }),
      "file: x is not a valid npy file: it does not begin like",
    ],
    ["holds a broken array", archive({ "x.npy": good.subarray(0, 30) }), "file: x.npy is not a valid npy file"],
    ["is damaged", makeZip([{ name: "x.npy", data: good, crc: 7 }]), "x.npy is damaged: its checksum (CRC-32)"],
    ["is damaged and packed", makeZip([{ name: "x.npy", data: good, crc: 7, method: 8 }]), "x.npy is damaged"],
    [
      "is encrypted",
      makeZip([{ name: "x.npy", data: good, flags: 1 }]),
      "file is not a valid npz file: x.npy is encrypted",
    ],
    [
      "is packed with LZMA",
      makeZip([{ name: "x.npy", data: good, method: 14 }]),
      "x.npy is packed with LZMA, expected",
    ],
    ["is packed anyhow", makeZip([{ name: "x.npy", data: good, method: 77 }]), "x.npy is packed with the method 77"],
    ["has a member longer than itself", makeZip([{ name: "x.npy", data: good, packed: 9999 }]), "x.npy is longer than"],
    ["has two names for one member", makeZip([{ name: "x.npy", data: good, localName: "y.npy" }]), "another name"],
    [
      "counts wrong",
      makeZip([{ name: "x.npy", data: good }], { count: 2 }),
      "its directory has 1 members, but should have 2",
    ],
    ["is a part", makeZip([{ name: "x.npy", data: good }], { disk: 1 }), "it is one part of several"],
    ["lacks its beginning", makeZip([{ name: "x.npy", data: good }]).subarray(9), "as if a part were missing"],
    ["has a name with and without ending", archive({ x: good, "x.npy": good }), 'it has "x" twice'],
    ["is a bomb", archive({ "x.npy": new Uint8Array(2 ** 25) }), "it unpacks to more than 256 times its size"],
  ])("that %s is refused", (_, bytes, message) => {
    expect(() => readNpz(bytes, "file")).toThrow(BadInputError);
    expect(() => readNpz(bytes, "file")).toThrow(message);
  });

  it("that has a name twice is refused", () => {
    const bytes = archive({ "x.npy": good, "y.npy": good });
    for (let at = 0; at + 5 < bytes.length; at++) if (bytes[at] === 0x79 && bytes[at + 1] === 0x2e) bytes[at] = 0x78;
    expect(() => readNpz(bytes, "file")).toThrow('it has "x.npy" twice');
  });

  it("that lies about sizes is refused before anything is allocated", () => {
    const bytes = archive({ "x.npy": good });
    const directory = bytes.findIndex((_, at) => bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(directory + 24, 2 ** 31, true);
    expect(() => readNpz(bytes, "file")).toThrow("it unpacks to more than 256 times its size");
    view.setUint32(directory + 24, 100_000, true);
    expect(() => readNpz(bytes, "file")).toThrow("x.npy does not unpack to the 100000 bytes that it should have");
  });

  it.each(["stored.npz", "deflated.npz"])("%s with one bit of an array flipped is refused", (name) => {
    const whole = new Uint8Array(fixture(name));
    const wanted = readNpz(whole, name);
    fc.assert(
      fc.property(fc.nat(8 * whole.length - 1), (bit) => {
        const flipped = whole.slice();
        flipped[bit >> 3] ^= 1 << (bit & 7);
        let found: Map<string, HostTensor>;
        try {
          found = readNpz(flipped, "file");
        } catch (error) {
          expect(error).toBeInstanceOf(BadInputError);
          return;
        }
        for (const [array, tensor] of found) expect(tensor).toEqual(wanted.get(array));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["stored.npz", "deflated.npz"])("%s, cut or with a bit flipped, is refused or read, never worse", (name) => {
    const whole = new Uint8Array(fixture(name));
    const survives = (bytes: Uint8Array): void => {
      try {
        readNpz(bytes, "file");
      } catch (error) {
        expect(error).toBeInstanceOf(BadInputError);
      }
    };
    for (let length = 0; length < whole.length; length += 7) survives(whole.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(8 * whole.length - 1), fc.nat(8 * whole.length - 1), (...bits) => {
        const flipped = whole.slice();
        for (const bit of bits) flipped[bit >> 3] ^= 1 << (bit & 7);
        survives(flipped);
      }),
      { numRuns: 2000 },
    );
  });
});

it("a name that a terminal would obey is shown escaped", () => {
  const found = makeZip([{ name: "\u001b[31m.npy", data: npy(header("<f4"), bytesOf(Float32Array.of(1))), crc: 1 }]);
  expect(() => new Npz(found, "file").read("\u001b[31m")).toThrow(
    "file is not a valid npz file: \\u001b[31m.npy is damaged",
  );
});
