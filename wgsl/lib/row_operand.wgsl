// The operand of a tile whose rows each hold their channels side by side. The kernel defines operand_at(at), the four
// channels at a place among all its rows, counted in fours.
//! use fours

fn operand(phase: u32, rows: vec4u, k: u32) -> mat4x4f {
  return mat4x4f(operand_at(rows.x + k), operand_at(rows.y + k), operand_at(rows.z + k), operand_at(rows.w + k));
}
