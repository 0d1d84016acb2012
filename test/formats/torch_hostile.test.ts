/** Checkpoints that nobody should be given: nothing in them is run, and each is refused in a sentence. */
import { describe, expect, it } from "vitest";
import { checkpoint, floats, type Item, pickle, tensor } from "../../scripts/fuzz/checkpoint.mjs";
import { BadInputError } from "../../src/errors.ts";
import { torchValues } from "../../src/formats/torch_types.ts";
import { data, made, one, open, read, six } from "../support/checkpoints.ts";
import { makeZip } from "../support/zip.ts";

describe("nothing is run", () => {
  const raw = (text: string) => checkpoint(Buffer.from(text, "latin1"), data);
  it.each<[string, Uint8Array, string]>([
    [
      "os.system",
      made(new Map([["a", { call: "os.system", args: ["echo"] }]])),
      "model.pt asks for Python's os.system; only tensors",
    ],
    ["builtins.eval", made({ call: "builtins.eval", args: ["1"] }), "asks for Python's builtins.eval"],
    [
      "a class of a package",
      made(
        new Map([
          ["model", one(six)],
          ["args", { call: "argparse.Namespace", args: [] }],
        ]),
      ),
      "asks for Python's argparse.Namespace",
    ],
    ["the oldest protocol", raw("cos\nsystem\n(S'echo'\ntR."), "asks for Python's os.system"],
    ["a call in one instruction", raw("(ios\nsystem\n."), "asks for Python's os.system"],
    ["a name from the stack", raw("\x80\x04\x8c\x02os\x8c\x06system\x93."), "asks for Python's os.system"],
    ["a name with an escape", made({ global: "os.\u001b[31m" }), "asks for Python's os.\\u001b[31m"],
    ["a call of a type", made({ call: "torch.FloatStorage", args: [] }), "its pickle calls torch.FloatStorage"],
    ["a call of a text", raw("\x80\x02X\x01\0\0\0a)R."), "its pickle calls what is no function"],
    [
      "attributes of a tensor",
      made({ build: [six, new Map()] }),
      "its pickle gives attributes to what is no dictionary",
    ],
    ["an instruction that torch never writes", raw("\x80\x02\x82\x01."), "has the instruction 0x82"],
  ])("of %s", async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(BadInputError);
    await expect(open(bytes)).rejects.toThrow(message);
  });
});

describe("a pickle that is none", () => {
  const raw = (text: string) => checkpoint(Buffer.from(text, "latin1"), data);
  it.each<[string, string, string]>([
    ["ends early", "\x80\x02}", "its pickle is damaged: it ends early"],
    [
      "has a text longer than itself",
      "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
      "its pickle is damaged: it ends early",
    ],
    ["takes from an empty stack", "\x80\x02.", "its pickle is damaged"],
    ["closes what was never opened", "\x80\x02u.", "its pickle is damaged"],
    ["takes a mark for a value", "\x80\x02(.", "its pickle is damaged"],
    ["recalls what it never remembered", "\x80\x02h\x07.", "its pickle is damaged"],
    ["has a key without a value", "\x80\x02}(Nu.", "its pickle is damaged"],
    ["appends to a dictionary", "\x80\x02}Na.", "its pickle is damaged"],
    ["is of a protocol to come", "\x80\x06N.", "its pickle is of protocol 6, expected 2 to 5"],
    ["is a text", "hello", "its pickle"],
    ["never comes to its end", `\x80\x02${"N".repeat(3_000_001)}`, "its pickle has more than 3000000 instructions"],
  ])("as it %s", async (_, text, message) => {
    await expect(open(raw(text))).rejects.toThrow(message);
  });

  it("has numbers larger than any", async () => {
    const bytes = raw(`\x80\x02}X\x01\0\0\0a\x8a\xff${"\x7f".repeat(255)}s.`);
    await expect(open(bytes)).rejects.toThrow("model.pt holds no tensors: it has a");
  });

  it("is nested as deep as it likes", async () => {
    const bytes = raw(`\x80\x02${"]".repeat(500_000)}${"a".repeat(499_999)}.`);
    await expect(open(bytes)).rejects.toThrow("model.pt holds a list, expected a dictionary");
    await expect(open(raw("\x80\x02}q\0X\x01\0\0\0ah\0s."))).rejects.toThrow("model.pt holds no tensors: it has a");
  });
});

describe("tensors that cannot be are refused", () => {
  const view = (changes: Partial<Parameters<typeof tensor>[0]>) =>
    one(tensor({ key: "0", elements: 6, shape: [2, 3], ...changes }));
  const huge = 2 ** 40;
  it.each<[string, Item, Record<string, Uint8Array>, string]>([
    ["negative strides", view({ strides: [-3, 1], offset: 3 }), data, "has no valid offset, shape and strides"],
    ["a negative offset", view({ offset: -1 }), data, "has no valid offset, shape and strides"],
    ["a negative size", view({ shape: [-2, -3] }), data, "has no valid offset, shape and strides"],
    ["more strides than axes", view({ strides: [3, 1, 1] }), data, "has no valid offset, shape and strides"],
    ["half a size", view({ shape: [2.5, 1] }), data, "has no valid offset, shape and strides"],
    [
      "sizes without end",
      view({ shape: [huge, huge], strides: [0, 0] }),
      data,
      "has no valid offset, shape and strides",
    ],
    ["more elements than the storage", view({ shape: [2, 4] }), data, "needs 32 bytes of it, and it has 24"],
    ["an offset beyond the storage", view({ offset: 1 }), data, "needs 28 bytes of it, and it has 24"],
    ["strides beyond the storage", view({ strides: [2 ** 50, 2 ** 50] }), data, "of it, and it has 24"],
    ["a storage that is shorter than said", view({}), { 0: floats([1, 2]) }, "data/0 has 8 bytes, but should have 24"],
    [
      "a storage that is longer than said",
      view({}),
      { 0: floats(Array(9).fill(1)) },
      "data/0 has 36 bytes, but should have 24",
    ],
    ["a storage that is missing", view({ key: "1" }), data, "it has no data/1"],
    [
      "a storage that leads elsewhere",
      view({ key: "../data.pkl" }),
      data,
      "a storage in it is described in an unknown way",
    ],
    [
      "elements that are repeated without end",
      view({ shape: [2 ** 16, 2 ** 12], strides: [0, 0] }),
      data,
      "more than 16 times its size",
    ],
    [
      "another type than its storage",
      one({
        call: "torch._utils._rebuild_tensor_v3",
        args: [
          { id: ["storage", { global: "torch.FloatStorage" }, "0", "cpu", 6] },
          0,
          { tuple: [6] },
          { tuple: [1] },
          false,
          null,
          { global: "torch.int64" },
        ],
      }),
      data,
      "is of int64, and its storage of float32",
    ],
    [
      "no type",
      one({
        call: "torch._utils._rebuild_tensor_v3",
        args: [
          { id: ["storage", { global: "torch.storage.UntypedStorage" }, "0", "cpu", 24] },
          0,
          { tuple: [6] },
          { tuple: [1] },
          false,
          null,
          null,
        ],
      }),
      data,
      "has a type that is not known",
    ],
    ["no storage", one({ call: "torch._utils._rebuild_tensor_v2", args: [] }), data, "a tensor in it has no storage"],
    [
      "a storage of another kind",
      one({
        call: "torch._utils._rebuild_tensor_v2",
        args: [{ id: ["module", "x"] }, 0, { tuple: [] }, { tuple: [] }],
      }),
      data,
      "described in an unknown way",
    ],
  ])("with %s", async (_, item, storages, message) => {
    await expect(open(made(item, storages))).rejects.toThrow(BadInputError);
    await expect(open(made(item, storages))).rejects.toThrow(message);
  });

  it("as complex numbers, when they are read", async () => {
    const opened = await open(made(one(tensor({ key: "0", elements: 3, shape: [3], storage: "ComplexFloat" }))));
    const bytes = await opened.bytes("a");
    const type = opened.tensors.get("a")?.type;
    expect(() => type && torchValues(type, [3], bytes, "model.pt: a")).toThrow(
      "model.pt: a has type complex64, expected real",
    );
  });

  it("with values that float32 or int32 cannot hold", async () => {
    const [double, long] = [
      new Uint8Array(Float64Array.of(1e300).buffer),
      new Uint8Array(BigInt64Array.of(2n ** 40n).buffer),
    ];
    await expect(
      read(made(one(tensor({ key: "0", elements: 1, shape: [1], storage: "Double" })), { 0: double })),
    ).rejects.toThrow("a holds 1e+300 at position 0, which is beyond float32");
    await expect(
      read(made(one(tensor({ key: "0", elements: 1, shape: [1], storage: "Long" })), { 0: long })),
    ).rejects.toThrow("a holds 1099511627776 at position 0, which is beyond int32");
  });
});

describe("archives that are none of torch's", () => {
  const good = pickle(one(six));
  it.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(), "model.pt is not a valid torch checkpoint: it is empty"],
    ["text", new TextEncoder().encode("<!doctype html>"), "it is no zip archive, as torch writes since 1.6"],
    [
      "of before 1.6",
      Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
      "in the format that torch wrote before 1.6: load it in torch",
    ],
    ["a zip without a pickle", makeZip([{ name: "a/data.txt", data: good }]), "it is a zip archive without a data.pkl"],
    [
      "packed",
      makeZip([{ name: "a/data.pkl", data: good, method: 8 }]),
      "a/data.pkl is packed, expected it to be stored",
    ],
    [
      "of a name that a terminal would obey",
      makeZip([{ name: "\u001b[31m/data.pkl", data: good, localName: "x" }]),
      "\\u001b[31m/data.pkl has another name in front of its data",
    ],
    ["encrypted", makeZip([{ name: "a/data.pkl", data: good, flags: 1 }]), "a/data.pkl is encrypted"],
    ["damaged", makeZip([{ name: "a/data.pkl", data: good, crc: 7 }]), "a/data.pkl is damaged: its checksum"],
    [
      "of two members of a name",
      makeZip([
        { name: "a/data.pkl", data: good },
        { name: "a/data.pkl", data: good },
      ]),
      'it has "a/data.pkl" twice',
    ],
    [
      "longer than it is",
      makeZip([{ name: "a/data.pkl", data: good, size: 2 ** 24, packed: 2 ** 24 }]),
      "a/data.pkl is longer than the file",
    ],
    ["with two sizes of a member", makeZip([{ name: "a/data.pkl", data: good, size: 9 }]), "but should have 9"],
    [
      "of the other byte order",
      checkpoint(good, data, { "archive/byteorder": Buffer.from("big") }),
      'in the byte order "big", expected little',
    ],
    ["two in one", checkpoint(good, data, { "b/data.pkl": good }), "it has more than one data.pkl"],
    [
      "a TorchScript program",
      checkpoint(good, data, { "archive/constants.pkl": good }),
      "model.pt is a TorchScript program, which is never run",
    ],
    [
      "a pickle of a size that none has",
      checkpoint(Buffer.alloc(2 ** 25 + 1), data),
      "archive/data.pkl has 33554433 bytes, more than 33554432",
    ],
  ])("such as what is %s", async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(BadInputError);
    await expect(open(bytes)).rejects.toThrow(message);
  });
});
