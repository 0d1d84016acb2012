// Indices and values in fours, as vectors hold them.

fn four_from(first: u32) -> vec4u { return vec4u(first) + vec4u(0u, 1u, 2u, 3u); }

// Which of the four indices from `first` on lie below `count`; the others pad.
fn below(first: u32, count: u32) -> vec4<bool> { return four_from(first) < vec4u(count); }

// The four rows from `first` on; those past the last of `count` are the last again.
fn four_rows(first: u32, count: u32) -> vec4u { return min(four_from(first), vec4u(count - 1u)); }

fn largest_of(x: vec4f) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }
