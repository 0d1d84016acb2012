/** Files over the network. */
import { BadInputError, messageOf } from "../../errors.ts";
import type { Files } from "../../formats/files.ts";

export const fetchFiles: Files = {
  async read(address) {
    let response: Response;
    try {
      response = await fetch(address);
    } catch (error) {
      throw new BadInputError(`cannot fetch ${address}: ${messageOf(error)}`);
    }
    if (!response.ok) throw new BadInputError(`cannot fetch ${address}: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  async exists(address) {
    return fetch(address, { method: "HEAD" }).then(
      (response) => response.ok,
      () => false,
    );
  },
};
