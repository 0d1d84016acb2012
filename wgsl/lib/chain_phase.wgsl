// Between two phases of a chain over the same rows: what one added to them is there for the next.

fn end_phase() {
  storageBarrier();
  workgroupBarrier();
}
