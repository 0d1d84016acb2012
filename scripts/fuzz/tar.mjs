// tar archives, written as Go writes them: enough for tests, which also write what is wrong.

/**
 * @param {readonly (readonly [name: string, content: string, type?: string])[]} files `type`: of the header, a regular file unless it is given
 * @returns {Uint8Array}
 */
export function tar(files) {
  const encoder = new TextEncoder();
  const blocks = files.flatMap(([name, content, type = "0"]) => {
    const bytes = encoder.encode(content);
    const header = new Uint8Array(512);
    const put = (/** @type {number} */ at, /** @type {string} */ text) => header.set(encoder.encode(text), at);
    put(0, name);
    put(100, "0000644\0");
    put(124, `${bytes.length.toString(8).padStart(11, "0")}\0`);
    put(148, "        ");
    put(156, type);
    put(257, "ustar\x0000");
    const sum = header.reduce((total, byte) => total + byte, 0);
    put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
    return [header, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512)];
  });
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(1024)]));
}
