// Writes dist/browser/af3-gpu.js: the package for `<script type="module">`, in one file beside the rarely needed zstd reader.
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** @param {string} name */
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

await build({
  root: path("."),
  configFile: false,
  publicDir: false,
  logLevel: "warn",
  build: {
    target: "es2023",
    outDir: path("dist/browser"),
    emptyOutDir: true,
    lib: { entry: path("src/browser.ts"), formats: ["es"], fileName: () => "af3-gpu.js" },
    minify: "oxc",
    rolldownOptions: { output: { chunkFileNames: "[name].js" } },
  },
});
