// Puts the program behind the command into one file, dist/cli/main.js, beside what few calls need: loading some 500 modules one by one
// takes Node longer than most verbs work. What tsc wrote there does the same, slower. Packages and generated texts stay files of their own.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const cli = path.join(dist, "cli");

await build({
  root: dist,
  configFile: false,
  publicDir: false,
  logLevel: "warn",
  ssr: { external: true },
  plugins: [
    {
      name: "addresses of modules",
      /** A module's own address is still that of the file that it came from. @param {string} code @param {string} id */
      transform(code, id) {
        const own = `new URL(${JSON.stringify(path.relative(cli, id).replaceAll(path.sep, "/"))}, import.meta.url).href`;
        return code.includes("import.meta.url")
          ? { code: code.replaceAll("import.meta.url", own), map: null }
          : undefined;
      },
    },
  ],
  build: {
    ssr: true,
    target: "node20",
    outDir: cli,
    emptyOutDir: false,
    minify: false,
    rolldownOptions: {
      input: { main: path.join(cli, "main.js") },
      external: (id) => /[\\/]generated[\\/]/.test(id),
      output: { entryFileNames: "[name].js", chunkFileNames: "part-[name].js" },
    },
  },
});
