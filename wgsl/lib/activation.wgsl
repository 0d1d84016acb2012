// Activations of four values.

fn sigmoid(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp(-x)); }
fn silu(x: vec4f) -> vec4f { return x * sigmoid(x); }
