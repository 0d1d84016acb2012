/** What a position is, wherever one is read. */

/** In ångström from the origin: no structure is as large, and squares of such numbers are finite in float32. */
const FARTHEST = 1e6;

/** Whether numbers are coordinates in ångström. */
export const isPosition = (values: Iterable<number>): boolean => {
  for (const value of values) if (!(Math.abs(value) < FARTHEST)) return false;
  return true;
};
