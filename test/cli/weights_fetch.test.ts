/** `af3-gpu weights fetch`, as users call it: nothing is downloaded unasked, and what is goes where it was said. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkpoint, floats, pickle, stateDict, tensor } from "../../scripts/fuzz/checkpoint.mjs";
import { scratch } from "../support/binary.ts";
import { FileServer } from "../support/file_server.ts";
import { af3gpu } from "../support/inside.ts";

const content = checkpoint(pickle(stateDict([["a", tensor({ key: "0", elements: 2, shape: [2] })]])), {
  0: floats([1, 2]),
});
const sha256 = createHash("sha256").update(content).digest("hex");
const servers: FileServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(): Promise<FileServer> {
  const server = await FileServer.start({ content, etag: '"one"' });
  servers.push(server);
  return server;
}

describe("weights fetch", () => {
  it("of a model alone says where its publisher keeps it, under which terms, and exits with 2", async () => {
    const cwd = scratch();
    for (const name of ["protenix-tiny", "protenix_tiny_default_v0.5.0"]) {
      const { code, stdout, stderr } = await af3gpu(["weights", "fetch", name], { cwd });
      expect([code, stdout, readdirSync(cwd)]).toEqual([2, "", []]);
      expect(stderr).toMatch(/^af3-gpu: nothing is downloaded unasked: [^\n]*\n$/);
      expect(stderr).toContain(
        "/checkpoint/protenix_tiny_default_v0.5.0.pt, an address that has not been tried from here",
      );
      expect(stderr).toContain("Apache-2.0, as the publisher says of code and parameters");
    }
  });

  it("brings a file under the address's name, prints its digest, and names the next step", async () => {
    const cwd = scratch();
    const server = await serve();
    const { code, stdout, stderr } = await af3gpu(["weights", "fetch", "protenix-tiny", "--from", server.url.href], {
      cwd,
    });
    expect([code, stdout]).toEqual([0, `sha256 ${sha256}\n`]);
    expect(stderr).toContain(
      `note: downloading ${server.url.href} to model.pt, on this machine; protenix_tiny_default_v0.5.0`,
    );
    expect(stderr).toContain("note: nothing says which SHA-256 it should have");
    expect(stderr).toContain(
      "next: af3-gpu weights convert model.pt --engine protenix --preset protenix-tiny --out protenix-tiny.safetensors",
    );
    expect(readdirSync(cwd).sort()).toEqual(["model.pt", "model.pt.sha256"]);
    expect((await af3gpu(["weights", "inspect", "model.pt"], { cwd })).stdout).toMatch(/^a +\[2\] +float32/m);
    const again = await af3gpu(["weights", "fetch", "protenix-tiny", "--from", server.url.href, "--sha256", sha256], {
      cwd,
    });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("model.pt is there already")]);
    expect(server.asked).toHaveLength(1);
  });

  it("puts it where --out says, if its digest is the one that is wanted", async () => {
    const cwd = scratch();
    const from = ["--from", (await serve()).url.href, "--out", "models/tiny.pt"];
    const wrong = await af3gpu(["weights", "fetch", "protenix-tiny", ...from, "--sha256", "0".repeat(64)], { cwd });
    expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
    expect(wrong.stderr).toContain(`gives a file of the SHA-256 ${sha256}, expected 000`);
    const right = await af3gpu(["weights", "fetch", "protenix-tiny", ...from, "--sha256", sha256], { cwd });
    expect(right.code).toBe(0);
    expect(right.stderr).not.toContain("nothing says which");
    expect(readFileSync(path.join(cwd, "models/tiny.pt")).equals(content)).toBe(true);
  });

  it.each<[string[], string]>([
    [["protenix-tyni"], "nobody publishes weights called protenix-tyni; there are protenix-tiny"],
    [["tiny"], "nobody publishes weights called tiny"],
    [["protenix-tiny", "--from", "x"], "--from should be an address such as"],
    [["protenix-tiny", "--sha256", "x"], '--sha256 should be 64 hexadecimal digits, not "x"'],
    [["protenix-tiny", "--from", "http://127.0.0.1:1/"], "names no file: say where it goes with --out"],
    [["protenix-tiny", "--from", "http://127.0.0.1:1/..%2Fx"], "names no file: say where it goes with --out"],
    [[], "missing required argument 'model'"],
  ])("%j exits with 2", async (args, message) => {
    const cwd = scratch();
    const ended = await af3gpu(["weights", "fetch", ...args], { cwd });
    expect([ended.code, ended.stdout, readdirSync(cwd)]).toEqual([2, "", []]);
    expect(ended.stderr).toContain(message);
  });
});
