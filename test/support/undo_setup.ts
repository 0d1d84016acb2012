/** Before any test of a file: `npm run traps` asks for a trap to be undone. Costs nothing where it does not. */
if (process.env.AF3_GPU_UNDO !== undefined) await (await import("./undo.ts")).undoFacts();

export {};
