// Halves without shader-f16: four in a vec2u, two in each word, the first in its low bits.

fn unpack(x: vec2u) -> vec4f { return vec4f(unpack2x16float(x.x), unpack2x16float(x.y)); }

// The nearest halves, to even on a tie: pack2x16float rounds toward zero on some GPUs. What is finite stays so, at most 65504.
fn pack(x: vec4f) -> vec2u {
  let bits = bitcast<vec4u>(x);
  let magnitude = bits & vec4u(0x7fffffffu);
  // Halves end 13 bits earlier and begin at 2^-14; below, they are multiples of 2^-24, as floats are that begin with 0.5.
  let normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> vec4u(13u)) & vec4u(1u))) >> vec4u(13u);
  let small = bitcast<vec4u>(bitcast<vec4f>(magnitude) + 0.5) - 0x3f000000u;
  let finite = min(select(normal, small, magnitude < vec4u(0x38800000u)), vec4u(0x7bffu));
  let endless = 0x7c00u + 0x200u * vec4u(magnitude > vec4u(0x7f800000u));  // infinite, or not a number
  let halves = select(finite, endless, magnitude >= vec4u(0x7f800000u)) | ((bits >> vec4u(16u)) & vec4u(0x8000u));
  return halves.xz | (halves.yw << vec2u(16u));
}
