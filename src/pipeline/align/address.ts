/** Addresses of servers that sequences may be sent to. */
import { BadInputError } from "../../errors.ts";
import { givenText } from "../../formats/given.ts";
import { visible } from "../../words.ts";

/**
 * The address of a server.
 * @throws {BadInputError} unless it is one of HTTP or HTTPS that stands for itself
 */
export function serverAddress(given: string): URL {
  givenText("the MSA server", "an address such as https://msa.example.org", given);
  const bad = (what: string) =>
    new BadInputError(visible(`the MSA server ${what}, not ${JSON.stringify(given.slice(0, 200))}`));
  if (!/^https?:\/\/[^/]/i.test(given) || !URL.canParse(given))
    throw bad("should be an address such as https://msa.example.org");
  const url = new URL(given);
  if (url.username !== "" || url.password !== "") throw bad("should be named without a user and a password");
  if (url.search !== "" || url.hash !== "") throw bad('should be an address without "?" and "#"');
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** How what is sent to a server can be read by others, in words. */
export function secrecy({ protocol, hostname }: URL): string {
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return "on this machine";
  return protocol === "https:" ? "encrypted on the way" : "NOT encrypted on the way";
}
