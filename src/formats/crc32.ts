/** The checksum of zip archives. */

/** The reversed polynomial of CRC-32 (ISO-HDLC). */
const POLYNOMIAL = 0xedb88320;

/** Eight tables, so that eight bytes take one step. */
const TABLES = Array.from({ length: 8 }, () => new Uint32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  TABLES[0][byte] = crc;
}
for (let table = 1; table < 8; table++)
  for (let byte = 0; byte < 256; byte++) {
    const before = TABLES[table - 1][byte];
    TABLES[table][byte] = TABLES[0][before & 255] ^ (before >>> 8);
  }

/** CRC-32 of some bytes, from 0 to 2³² − 1. @param before that of the bytes in front of them */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let crc = before ^ 0xffffffff;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8)
    crc =
      t7[(crc ^ bytes[at]) & 255] ^
      t6[((crc >>> 8) ^ bytes[at + 1]) & 255] ^
      t5[((crc >>> 16) ^ bytes[at + 2]) & 255] ^
      t4[(crc >>> 24) ^ bytes[at + 3]] ^
      t3[bytes[at + 4]] ^
      t2[bytes[at + 5]] ^
      t1[bytes[at + 6]] ^
      t0[bytes[at + 7]];
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
