// Loaded before the app: a Vulkan loader for machines that have a driver but none. The system's own comes first, which
// only the dynamic linker can find. Dawn asks for it by name later, and gets the library that is loaded under that name
// (docs/decisions/0006-swiftshader-in-process.md).
const { constants } = require("node:os");
const path = require("node:path");

const LOADER = "libvulkan.so.1";
const RTLD_NODELETE = 0x1000; // not among Node's constants

/** Whether the library is loaded now. It is no Node addon, so dlopen reports an error all the same. @param {string} file */
function load(file) {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
    return true;
  } catch (error) {
    return error instanceof Error && error.message.includes("self-register");
  }
}

if (!load(LOADER)) load(path.join(__dirname, "..", "app", "swiftshader", LOADER));
