/** What of a shader's text is read by machine: marks behind `//!`, and lines that are written one way only. */

/** A library whose file is appended. */
export const USE = /^\/\/! use (\w+)$/gm;
/** A constant or alias that the host sets. */
export const PARAM = /^(const|alias) (\w+)(?:: (\w+))? = [^;]*;(\s*)\/\/! (?:param|size)$/gm;
/** A size, which may travel as a uniform. */
export const SIZE = /^const (\w+): u32 = [^;]*;\s*\/\/! size$/gm;
/** An alias of what arrays hold that may hold halves, and the arrays: `alias Weight = vec4f;  //! dtype weights`. */
export const STORED = /^alias (\w+) = vec4f;(\s*)\/\/! dtype ([\w ]+)$/gm;
/** Any mark, well written or not. */
export const MARK = /\/\/!/g;
export const UNIFORMS = /^struct Uniforms \{([^}]*)\}/m;
/** A binding with its shape behind it. */
export const BINDING =
  /^@group\(0\) @binding\((\d+)\) var<(storage, read|storage, read_write|uniform)> (\w+): ([^;]+);(?:\s*\/\/ (\[[^\]]*\]))?$/gm;
