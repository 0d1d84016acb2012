/** Reading torch's checkpoints without Python: what torch itself writes, and where the weights are in it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Item, pickle, stateDict } from "../../scripts/fuzz/checkpoint.mjs";
import { BadInputError } from "../../src/errors.ts";
import { data, made, one, open, read, six } from "../support/checkpoints.ts";
import { makeZip } from "../support/zip.ts";

/**
 * torch 2.11.0 made it:
 *
 *     base, tied = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 8, torch.tensor([1.5, -2.0])
 *     state = OrderedDict({"module.dense": torch.nn.Parameter(base), "module.transposed": base.t(), "module.slice": base[1:, ::2],
 *         "module.half": torch.tensor([1.0, -65504.0]).half(), "module.bfloat16": torch.tensor([1.0, -3e38]).bfloat16(),
 *         "module.double": torch.tensor([0.1], dtype=torch.float64), "module.long": torch.tensor(-7),
 *         "module.bool": torch.tensor([True, False]), "module.expanded": torch.tensor([[4.0]]).expand(2, 3),
 *         "module.uint16": torch.tensor([65535], dtype=torch.uint16), "module.empty": torch.zeros(0, 4),
 *         "module.tied.a": tied, "module.tied.b": tied[1:]})
 *     state._metadata = OrderedDict({"": {"version": 1}})
 *     w = torch.nn.Parameter(torch.zeros(1)); optimizer = torch.optim.SGD([w], lr=1e-3, momentum=0.9)
 *     w.grad = torch.ones(1); optimizer.step()
 *     torch.save({"model": state, "step": 3, "optimizer": optimizer.state_dict()}, "c.pt")
 */
const recorded = new Uint8Array(readFileSync(path.resolve(import.meta.dirname, "../fixtures/checkpoint.pt")));

describe("a checkpoint that torch wrote", () => {
  it("gives the values of every type, of views and of shared storages", async () => {
    const dense = Array.from({ length: 12 }, (_, at) => at / 8);
    expect(await read(recorded)).toEqual({
      dense: { shape: [3, 4], data: dense },
      transposed: { shape: [4, 3], data: [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11].map((at) => at / 8) },
      slice: { shape: [2, 2], data: [4, 6, 8, 10].map((at) => at / 8) },
      half: { shape: [2], data: [1, -65504] },
      bfloat16: { shape: [2], data: [1, -3.00405527047391e38] },
      double: { shape: [1], data: [Math.fround(0.1)] },
      long: { shape: [], data: [-7] },
      bool: { shape: [2], data: [1, 0] },
      expanded: { shape: [2, 3], data: Array(6).fill(4) },
      uint16: { shape: [1], data: [65535] },
      empty: { shape: [0, 4], data: [] },
      "tied.a": { shape: [2], data: [1.5, -2] },
      "tied.b": { shape: [1], data: [-2] },
    });
    const { entry } = await open(recorded);
    expect([entry.path, entry.prefix, entry.left]).toEqual([["model"], "module.", ["step", "optimizer"]]);
  });

  it("is refused whatever byte of its pickle or of a weight is another, or with its end cut off", async () => {
    let refused = 0;
    for (let at = 64; at < recorded.length; at += 37) {
      const damaged = recorded.slice();
      damaged[at] ^= 0x55;
      for (const bytes of [damaged, recorded.subarray(0, at)]) {
        const error = await read(bytes).catch((thrown) => thrown);
        if (bytes !== damaged) expect(error, `cut at ${at}`).toBeInstanceOf(BadInputError);
        else if (error instanceof Error) {
          expect(error).toBeInstanceOf(BadInputError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(30); // others are padding, or of the optimiser, which is not read
  });
});

describe("the weights are found", () => {
  it.each<[string, Item, string | undefined, string]>([
    ["in a plain state_dict", one(six), undefined, "a"],
    ["in a dictionary of tensors", new Map([["a", six]]), undefined, "a"],
    [
      "as Lightning's",
      new Map<string, Item>([
        ["epoch", 3],
        ["state_dict", stateDict([["model.a", six]])],
      ]),
      undefined,
      "a",
    ],
    [
      "behind DDP and torch.compile",
      stateDict([
        ["module._orig_mod.a", six],
        ["module._orig_mod.b", six],
      ]),
      undefined,
      "a",
    ],
    [
      "in a moving average",
      new Map([
        ["model", one(six)],
        [
          "ema",
          new Map<string, Item>([
            ["decay", 0.9],
            ["params", stateDict([["e", six]])],
          ]),
        ],
      ]),
      "ema",
      "e",
    ],
    ["by a longer path", new Map([["x", new Map([["y", one(six)]])]]), "x.y", "a"],
    ["as a dictionary of pairs", { call: "collections.OrderedDict", args: [[["a", six]]] }, undefined, "a"],
  ])("%s", async (_, item, entry, name) => {
    expect((await read(made(item), entry))[name]).toEqual({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
  });

  it.each<[string, Item, string | undefined, string]>([
    ["nothing", new Map(), undefined, "model.pt holds no tensors: it is empty"],
    [
      "an empty entry",
      new Map([["model", new Map()]]),
      undefined,
      "model.pt holds no tensors: its entry model is empty",
    ],
    [
      "only settings",
      new Map<string, Item>([
        ["step", 1],
        ["lr", 0.5],
      ]),
      undefined,
      "model.pt holds no tensors: it has step, lr",
    ],
    ["a list", [six], undefined, "model.pt holds a list, expected a dictionary"],
    ["a tensor", six, undefined, "model.pt holds a tensor, expected a dictionary"],
    ["no such entry", one(six), "ema", "model.pt has no entry ema; it has a"],
    ["no dictionary there", one(six), "a", "model.pt holds a tensor as a, expected a dictionary"],
    [
      "a number among them",
      stateDict([
        ["a", six],
        ["b", 1],
      ]),
      undefined,
      "model.pt holds a number as b among its weights, expected a tensor",
    ],
    [
      "a key that is no name",
      stateDict([
        ["a", six],
        [7, six],
      ]),
      undefined,
      "model.pt has the key 7 among its weights, expected names",
    ],
    [
      "a name twice",
      stateDict([
        ["a", six],
        ["a", six],
      ]),
      undefined,
      "a dictionary in it names a twice",
    ],
  ])("or it is said that there is %s", async (_, item, entry, message) => {
    await expect(open(made(item), entry)).rejects.toThrow(BadInputError);
    await expect(open(made(item), entry)).rejects.toThrow(message);
  });
});

it("sizes of eight bytes are read, as files beyond 4 GiB have them", async () => {
  const members = [
    { name: "a/data.pkl", data: pickle(one(six)), zip64: true, localZip64: true },
    { name: "a/data/0", data: data[0], zip64: true },
  ];
  expect((await read(makeZip(members, { zip64: true }))).a.data).toEqual([1, 2, 3, 4, 5, 6]);
});
