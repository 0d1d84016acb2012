#!/bin/sh
# Starts the bundled af3-gpu; under the name gpu-day, everything worth knowing of a GPU machine. Builtins of the shell alone: PATH and HOME may be empty.
case $0 in
/*) here=${0%/*} ;;
*/*) here=./${0%/*} ;;
*) here=. ;;
esac
if [ ! -x "$here/bin/node" ]; then
  echo "af3-gpu: there is no $here/bin/node; start af3-gpu from the folder that was unpacked, not through a link or as a copy" >&2
  exit 3
fi
if [ ! -e /lib64/ld-linux-x86-64.so.2 ]; then
  echo "af3-gpu: this bundle is for Linux on x86-64 with glibc 2.34 or later, and there is no /lib64/ld-linux-x86-64.so.2 here (musl systems such as Alpine have none); install Node there and use af3-gpu from npm" >&2
  exit 3
fi
# Without a home, what would go to its cache folder stays with the bundle. An empty HOME sends drivers to the root folder.
if [ -z "${HOME:-}" ]; then
  unset HOME
  : "${AF3_GPU_CACHE:=$here/cache}"
  export AF3_GPU_CACHE
fi
# Vulkan loaders want a folder there. The app makes one below the temporary folder, unless that cannot be written.
if [ -z "${XDG_RUNTIME_DIR:-}" ] && [ ! -w "${TMPDIR:-/tmp}" ]; then
  export XDG_RUNTIME_DIR="$here"
fi
# Where containers mount NVIDIA's driver; Vulkan loaders do not look there by themselves.
if [ -e /usr/local/nvidia/share/vulkan/icd.d ]; then
  export XDG_DATA_DIRS="${XDG_DATA_DIRS:-/usr/local/share:/usr/share}:/usr/local/nvidia/share"
fi
program=dist/cli/start.js
case $0 in
*gpu-day) program=scripts/gpu_day.mjs ;;
esac
exec "$here/bin/node" --require "$here/bin/vulkan.cjs" "$here/app/$program" "$@"
