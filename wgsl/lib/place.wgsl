// Where an invocation stands, for shaders without shuffles; place_subgroup takes its place in those with.

struct Place {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
}
