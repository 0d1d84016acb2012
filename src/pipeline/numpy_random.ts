/** NumPy's legacy random numbers, by which AlphaFold 3's pipeline places reference structures (numpy/random/_mt19937.pyx, legacy-distributions.c). */

const STATE = 624;
const SHIFT = 397;

/** `numpy.random.RandomState(seed)`: MT19937 with the seeding of 2002, integers by masked rejection, normals by the polar method. */
export class NumpyRandomState {
  private readonly words = new Uint32Array(STATE);
  private at = STATE;
  /** The second of two normals, which are made together. */
  private spare: number | undefined;

  /** @param seed 32 bits without a sign */
  constructor(seed: number) {
    this.words[0] = seed;
    for (let i = 1; i < STATE; i++) {
      const before = this.words[i - 1];
      this.words[i] = Math.imul(before ^ (before >>> 30), 1812433253) + i;
    }
  }

  private refill(): void {
    const { words } = this;
    for (let i = 0; i < STATE; i++) {
      const mixed = (words[i] & 0x80000000) | (words[(i + 1) % STATE] & 0x7fffffff);
      words[i] = words[(i + SHIFT) % STATE] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  private word(): number {
    if (this.at === STATE) this.refill();
    let word = this.words[this.at++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** `randint(low, high)` for ranges of at most 32 bits: a whole number from low to high − 1. */
  integer(low: number, high: number): number {
    const range = high - 1 - low;
    if (range === 0) return low; // NumPy draws nothing here
    const mask = 2 ** Math.ceil(Math.log2(range + 1)) - 1;
    for (;;) {
      const value = (this.word() & mask) >>> 0;
      if (value <= range) return low + value;
    }
  }

  private double(): number {
    const [high, low] = [this.word() >>> 5, this.word() >>> 6];
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** `normal()`. */
  normal(): number {
    if (this.spare !== undefined) {
      const { spare } = this;
      this.spare = undefined;
      return spare;
    }
    for (;;) {
      const [x, y] = [2 * this.double() - 1, 2 * this.double() - 1];
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.spare = factor * x;
      return factor * y;
    }
  }
}
