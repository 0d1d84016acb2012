// What a workgroup, or a group of lanes, of an attention works on. The kernel defines HEADS; the library TILE_QUERIES and task_of(place).

// A head's queries from first_query on; b counts what else has keys of its own.
struct Task { b: u32, head: u32, first_query: u32 }

fn task_tiles(queries: u32) -> u32 { return (queries + TILE_QUERIES - 1u) / TILE_QUERIES; }

// Surplus lanes of a folded grid repeat the last task and must store nothing.
fn has_task(place: Place, batch: u32, queries: u32) -> bool { return task_of(place) < task_tiles(queries) * HEADS * batch; }
fn own_task(place: Place, batch: u32, queries: u32) -> Task {
  let tiles = task_tiles(queries);
  let index = min(task_of(place), tiles * HEADS * batch - 1u);
  return Task(index / (tiles * HEADS), index / tiles % HEADS, index % tiles * TILE_QUERIES);
}
