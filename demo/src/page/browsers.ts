/** Which browsers have WebGPU, and how it is switched on: the visitor's own browser first. */

interface Browser {
  /** By the browser's own description of itself. */
  readonly is: (agent: string) => boolean;
  readonly advice: string;
}

/** Every browser of an iPhone is Safari inside. */
const apple = /iPhone|iPad|CriOS|FxiOS/;

const browsers: readonly Browser[] = [
  {
    is: (agent) => /Chrome\/|Edg\//.test(agent) && !/Android/.test(agent),
    advice:
      "Chrome and Edge: 113 and later on Windows, macOS and ChromeOS. On Linux, switch on chrome://flags/#enable-unsafe-webgpu and chrome://flags/#enable-vulkan, and restart the browser.",
  },
  {
    is: (agent) => /Safari\//.test(agent) && !/Chrome\/|Android/.test(agent) && !apple.test(agent),
    advice: "Safari: 26 and later. In version 18: Develop › Feature Flags › WebGPU.",
  },
  {
    is: (agent) => /Firefox\//.test(agent),
    advice:
      "Firefox: 141 and later on Windows, 145 and later on Macs with Apple silicon. Elsewhere in Firefox Nightly: dom.webgpu.enabled in about:config.",
  },
  {
    is: (agent) => /Android/.test(agent) && !/Firefox\//.test(agent),
    advice: "Android: Chrome 121 and later, on Android 12 and later.",
  },
  {
    is: (agent) => apple.test(agent),
    advice:
      "iPhone and iPad: iOS or iPadOS 26, in any browser. In version 18: Settings › Apps › Safari › Advanced › Feature Flags › WebGPU.",
  },
];

/** A sentence for each browser, the visitor's first. @param agent `navigator.userAgent` */
export function browserAdvice(agent: string): string[] {
  const own = browsers.find(({ is }) => is(agent));
  return [...browsers].sort((a, b) => Number(b === own) - Number(a === own)).map(({ advice }) => advice);
}

/** Where a browser says what it thinks of the GPU. @param agent `navigator.userAgent` */
export const diagnosticsPage = (agent: string): string =>
  /Firefox\//.test(agent) ? "about:support" : /Edg\//.test(agent) ? "edge://gpu" : "chrome://gpu";
