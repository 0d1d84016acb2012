// Four halves as floats, whatever made them. Compilers take a conversion to halves and back for nothing (Mesa's do): what was rounded
// for a product would be summed as it was before. They cannot where bits may be set between; `none` is 0, and they must not know it.
fn floats_of(x: vec4h, none: u32) -> vec4f {
  let bits = bitcast<vec2u>(x) | vec2u(none);
  return vec4f(unpack2x16float(bits.x), unpack2x16float(bits.y));
}
