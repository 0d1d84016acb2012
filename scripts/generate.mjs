// Writes src/generated: the shaders and presets as TypeScript text, so that Node and browsers load them the same way.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const header = "// Made by scripts/generate.mjs. Do not edit.\n";

/** @param {string} folder @param {string} extension */
function files(folder, extension) {
  return readdirSync(new URL(folder, root), { recursive: true })
    .map((name) => String(name).replaceAll("\\", "/"))
    .filter((name) => name.endsWith(extension))
    .sort();
}

/** Writes only what changed, so that watchers and incremental builds stay quiet. @param {string} name @param {string} text */
function write(name, text) {
  const target = new URL(`src/generated/${name}`, root);
  let before = "";
  try {
    before = readFileSync(target, "utf8");
  } catch {
    // The first build: there is nothing to compare with.
  }
  if (before !== text) writeFileSync(target, text);
}

mkdirSync(new URL("src/generated/", root), { recursive: true });

const shaders = files("wgsl/", ".wgsl").map(
  (name) => `  ${JSON.stringify(name)}: ${JSON.stringify(readFileSync(new URL(`wgsl/${name}`, root), "utf8"))},\n`,
);
write(
  "shaders.ts",
  `${header}\n/** Every file under wgsl/, by its path there. */\nexport const shaders: Readonly<Record<string, string>> = {\n${shaders.join("")}};\n`,
);

/**
 * The presets of an engine with their references resolved, so that no size is written twice: `{"@": "pairformer", …}` stands for
 * that component's config of the same preset with the other fields added, `{"@": "/paper.pairformer", …}` for one of another preset,
 * whose own references then mean those of this one. @param {any} sizes by preset @returns {any}
 */
function resolvedPresets(sizes) {
  /** @param {any} value @param {any} preset @returns {any} */
  const merged = (value, preset) => {
    const { "@": path, ...own } = value;
    if (path === undefined) return value;
    const [first, ...keys] = path.replace(/^\//, "").split(".");
    const start = path.startsWith("/") ? whole(sizes[first]) : preset[first];
    return {
      ...merged(
        keys.reduce((/** @type {any} */ at, /** @type {string} */ key) => at[key], start),
        preset,
      ),
      ...own,
    };
  };
  /** @param {any} preset @returns {any} */
  const whole = (preset) => merged(preset, preset);
  /** @param {any} value @param {any} preset @returns {any} */
  const resolved = (value, preset) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const fields = Object.entries(merged(value, preset)).map(([key, field]) => [key, resolved(field, preset)]);
    return Object.fromEntries(fields);
  };
  const all = Object.entries(sizes).map(([size, preset]) => [size, resolved(whole(preset), whole(preset))]);
  return Object.fromEntries(all);
}

const presets = files("presets/", ".json").map((name) => {
  const value = resolvedPresets(JSON.parse(readFileSync(new URL(`presets/${name}`, root), "utf8")));
  return `  ${JSON.stringify(name.replace(/\.json$/, ""))}: ${JSON.stringify(value)},\n`;
});
write(
  "presets.ts",
  `${header}\n/** The files under presets/, by engine. */\nexport const presets = {\n${presets.join("")}} as const;\n`,
);

const sweeps = files("sweeps/", ".yaml").map(
  (name) =>
    `  ${JSON.stringify(name.replace(/\.yaml$/, ""))}: ${JSON.stringify(readFileSync(new URL(`sweeps/${name}`, root), "utf8"))},\n`,
);
write(
  "sweeps.ts",
  `${header}\n/** The files under sweeps/, by name. */\nexport const sweeps: Readonly<Record<string, string>> = {\n${sweeps.join("")}};\n`,
);

const { cases } = JSON.parse(readFileSync(new URL("cases/rounding.json", root), "utf8"));
write(
  "rounding.ts",
  `${header}\n/** By case, output and type: errors of the references with rounded operands (cases/rounding.json). */\nexport const rounding: Readonly<Record<string, Readonly<Record<string, { readonly f16: number; readonly f16_largest?: number; readonly bf16: number }>>>> = ${JSON.stringify(cases)};\n`,
);

const { version, peerDependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const pins = JSON.parse(readFileSync(new URL("third_party/pins.json", root), "utf8"));
write(
  "about.ts",
  `${header}\n/** Versions of this package and of Dawn for Node, and the pinned commits of the engines' repositories. */\nexport const version: string = ${JSON.stringify(version)};\nexport const webgpuVersion: string = ${JSON.stringify(peerDependencies.webgpu)};\nexport const pins = ${JSON.stringify(pins)} as const;\n`,
);

const components = readFileSync(new URL("dictionary/components.json.gz", root)).toString("base64");
write(
  "components.ts",
  `${header}\n/** dictionary/components.json.gz, as base64: browsers load this file when it is first needed. */\nexport const components: string = ${JSON.stringify(components)};\n`,
);
