// Lanes that work alone, LANES in a workgroup: which piece of the work is a lane's, or one past the end.
//! use grid

const LANES: u32 = 64u;  //! param

fn lane_index(place: Place) -> u32 { return linear_group(place) * LANES + place.lane; }
