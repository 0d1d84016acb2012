/** Files over the network. */
import { BadInputError, messageOf } from "../../errors.ts";
import { type Files, givenPath } from "../../formats/files.ts";

/** Files at addresses, which are fetched. */
export const fetchFiles: Files = {
  async read(address) {
    const response = await request(address);
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      throw failed(address, error);
    }
  },
  async *stream(address) {
    const reader = (await request(address)).body?.getReader(); // not every browser can iterate over a body
    try {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw failed(address, error);
    } finally {
      await reader?.cancel().catch(() => {}); // a reader that has failed says so again
    }
  },
  async exists(address) {
    givenPath(address);
    return fetch(address, { method: "HEAD" }).then(
      (response) => response.ok,
      () => false,
    );
  },
  async list(address) {
    givenPath(address);
    return undefined;
  },
};

async function request(address: string): Promise<Response> {
  givenPath(address);
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw failed(address, error);
  }
  if (!response.ok) throw new BadInputError(`cannot fetch ${address}: ${response.status} ${response.statusText}`);
  return response;
}

const failed = (address: string, error: unknown): BadInputError =>
  new BadInputError(`cannot fetch ${address}: ${messageOf(error)}`);
