import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { documentation } from "./documents.ts";
import { graphsHere, recordings } from "./files.ts";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: path("."),
  base: "./", // any host, any folder
  resolve: {
    // A name that is the beginning of others comes last.
    alias: {
      "af3-gpu/bench": path("../src/bench/core/index.ts"),
      "af3-gpu/onnx": path("../src/backends/onnx/index.ts"),
      "af3-gpu": path("../src/browser.ts"),
    },
  },
  // Without graphs there is nothing for ONNX Runtime to run, and its 40 MB stay out of the site.
  define: { __GRAPHS__: JSON.stringify(graphsHere()) },
  // Previews of links need the page's whole address, which a build for any host does not know.
  plugins: [recordings(), documentation(process.env.AF3_GPU_SITE)],
  worker: { format: "es", plugins: () => [] },
  build: { target: "es2023", outDir: path("dist"), emptyOutDir: true, assetsInlineLimit: 0 },
  server: { headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } },
});
