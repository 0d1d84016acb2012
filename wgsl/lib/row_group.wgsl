// Rows that groups of lanes compute together: neighbouring lanes read neighbouring channels, and even few rows fill a GPU.
// Every lane of a workgroup must come to sum_of_row.
//! use grid

const LANES: u32 = 64u;  //! param
const GROUP: u32 = 16u;  //! param

var<workgroup> parts: array<f32, LANES>;

// The row of a lane's group, and which of its lanes this is: it takes the blocks member, member + GROUP, ...
fn row_of(place: Place) -> u32 { return linear_group(place) * (LANES / GROUP) + place.lane / GROUP; }
fn member_of(place: Place) -> u32 { return place.lane % GROUP; }

// The sum of what the lanes of a row hold, for each of them; the same order in every run.
fn sum_of_row(place: Place, part: f32) -> f32 {
  let lane = place.lane % LANES;
  let first = lane / GROUP * GROUP;
  workgroupBarrier();
  parts[lane] = part;
  workgroupBarrier();
  var sum = 0.0;
  for (var member = 0u; member < GROUP; member++) { sum += parts[first + member]; }
  return sum;
}
