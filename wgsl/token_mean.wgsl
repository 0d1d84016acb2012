// token_mean: from atoms to tokens, y[s, token] = sum over the token's entries e of weight[e] * relu(x[s, atom[e]]).
// Entries first[token] to first[token + 1] belong to a token; their weights are chosen on the host to make means.
//! use lanes

const C: u32 = 128u;     //! size

struct Uniforms { samples: u32, tokens: u32, atoms: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [all_atoms, C]
@group(0) @binding(1) var<storage, read> first: array<f32>;      // [bounds]
@group(0) @binding(2) var<storage, read> entries: array<vec2f>;  // [entry_count, 2]
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;  // [samples, tokens, C]
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(LANES)
fn main(place: Place) {
  let at = lane_index(place);
  let row = at / (C / 4u);
  let c = at % (C / 4u);
  if (row >= uniforms.samples * uniforms.tokens) { return; }
  let token = row % uniforms.tokens;
  let atoms = row / uniforms.tokens * uniforms.atoms;
  var sum = vec4f();
  for (var e = u32(first[token]); e < u32(first[token + 1u]); e++) {
    let entry = entries[e];  // atom, weight
    sum += entry.y * max(x[(atoms + u32(entry.x)) * (C / 4u) + c], vec4f());
  }
  y[at] = sum;
}
