// Numbers that several shaders share.

const EPSILON: f32 = 1e-5;              // every layer norm adds it to the variance, in all engines
const LOWEST: f32 = -0x1.fffffep+127f;  // the lowest finite number, below every logit
