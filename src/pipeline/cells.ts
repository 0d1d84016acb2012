/** Points in cubes, so that near ones are found without looking at all. */

/** Points sorted into cubes of a given size. */
export class Cells {
  private readonly points: ArrayLike<number>;
  private readonly size: number;
  private readonly cells = new Map<string, number[]>();

  /**
   * @param points [n, 3], ångström
   * @param size of a cube: the largest distance that {@link near} is asked for
   */
  constructor(points: ArrayLike<number>, size: number) {
    this.points = points;
    this.size = size;
    for (let point = 0; 3 * point < points.length; point++) {
      const key = this.place(point).join();
      const cell = this.cells.get(key);
      if (cell) cell.push(point);
      else this.cells.set(key, [point]);
    }
  }

  private place(point: number): number[] {
    return [0, 1, 2].map((axis) => Math.floor(this.points[3 * point + axis] / this.size));
  }

  /** All points in the cubes around a point's own, itself too: those within the size, and others. */
  near(point: number): number[] {
    const [x, y, z] = this.place(point);
    const found: number[] = [];
    for (let i = x - 1; i <= x + 1; i++)
      for (let j = y - 1; j <= y + 1; j++)
        for (let k = z - 1; k <= z + 1; k++) {
          const cell = this.cells.get(`${i},${j},${k}`);
          if (cell) for (const other of cell) found.push(other);
        }
    return found;
  }
}
