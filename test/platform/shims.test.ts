/** Where the shims' Python comes from, what is missing, and whose files go. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NativeBackend } from "../../src/backends/native/backend.ts";
import { pythonShims } from "../../src/platform/node/native/host.ts";
import { scratch } from "../support/binary.ts";
import { fakeShims, leftBehind } from "../support/fake_shim.ts";

let cache = "";
beforeEach(() => {
  cache = scratch();
  vi.stubEnv("AF3_GPU_CACHE", cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the Python side", () => {
  const fix = "run `npm run setup:native -- ligo`";

  it("says what is missing: environment, packages, repository", async () => {
    const host = pythonShims();
    const backend = new NativeBackend(host);
    expect(await backend.status("ligo")).toMatchObject({ ready: false, fix });
    const python = environment();
    writeFileSync(python, "");
    expect((await host.missing("ligo"))?.reason).toContain("was made for other packages");
    stamp();
    vi.stubEnv("AF3_GPU_THIRD_PARTY", cache);
    expect((await host.missing("ligo"))?.reason).toContain("repository is not there");
    mkdirSync(path.join(cache, "ligo"));
    expect(await host.missing("ligo")).toBeUndefined();
  });

  it("a broken environment is a reason with its last words", async ({ skip }) => {
    if (process.platform === "win32")
      skip("the stand-in for a broken Python is a shell script: run it on Linux or macOS");
    const python = environment();
    writeFileSync(python, "#!/bin/sh\necho 'libpython3.so: cannot open shared object file' >&2\nexit 127\n");
    chmodSync(python, 0o755);
    stamp();
    vi.stubEnv("AF3_GPU_THIRD_PARTY", cache);
    mkdirSync(path.join(cache, "ligo"));
    expect(await new NativeBackend(pythonShims()).status("ligo")).toEqual({
      ready: false,
      reason: "the ligo shim ended with exit code 127; its last words: libpython3.so: cannot open shared object file",
      fix,
    });
    expect(leftBehind(cache)).toEqual([]);
  });

  it("removes what killed processes left, and nothing of those that run", async () => {
    const names = [999_999_999, process.ppid].map((pid) => `${os.hostname()}.${pid}.0123456789ab`);
    for (const name of names) mkdirSync(path.join(cache, "native", name), { recursive: true });
    const backend = new NativeBackend(fakeShims(path.join(cache, "shim")).host);
    expect(await backend.status("ligo")).toMatchObject({ ready: true });
    await backend.dispose();
    expect(leftBehind(cache)).toEqual(names.slice(1));
  });

  /** The place of ligo's Python in an environment. */
  function environment(): string {
    const parts = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
    const python = path.join(cache, "venv", "ligo", ...parts);
    mkdirSync(path.dirname(python), { recursive: true });
    return python;
  }

  function stamp(): void {
    const requirements = readFileSync(
      path.resolve(import.meta.dirname, "../../export/af3_export/engines/ligo/requirements.txt"),
    );
    const digest = createHash("sha256").update(requirements).digest("hex");
    writeFileSync(path.join(cache, "venv", "ligo", "af3-gpu-requirements.sha256"), `${digest}\n`);
  }
});
