// Linear index of a workgroup: a dimension of the grid holds only 65,535, so the runtime folds counts into two.
//! use place

fn linear_group(place: Place) -> u32 { return place.group.y * place.groups.x + place.group.x; }
