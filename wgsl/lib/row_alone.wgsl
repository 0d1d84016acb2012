// Rows that lanes compute alone, LANES of them in a workgroup.
//! use grid

const LANES: u32 = 64u;  //! param
const GROUP: u32 = 1u;

fn row_of(place: Place) -> u32 { return linear_group(place) * LANES + place.lane; }
fn member_of(place: Place) -> u32 { return 0u; }
fn sum_of_row(place: Place, part: f32) -> f32 { return part; }
