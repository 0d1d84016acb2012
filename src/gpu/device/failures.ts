/** What a device says when it fails, in words. */
import { DeviceError } from "../../errors.ts";

/** Why a device was lost, as a sentence. */
export function lostText({ reason, message }: GPUDeviceLostInfo): string {
  const why = [reason && ` (${reason})`, message && `: ${message.split("\n")[0].replace(/\.$/, "")}`].join("");
  return `the device was lost${why}; what was loaded on it is gone, load it again to open the device anew`;
}

/** What a device reported, as an error of ours. @param what it was about */
export function toDeviceError(error: GPUError, what = "the device reported"): DeviceError {
  const kind = error.constructor.name;
  const text = error.message.split("\n")[0];
  if (kind === "GPUOutOfMemoryError")
    return new DeviceError(
      "out-of-memory",
      `${what}: the device is out of memory; choose a smaller N or close other programs that use it (${text})`,
    );
  return new DeviceError(kind === "GPUInternalError" ? "internal" : "validation", `${what}: ${text}`);
}
