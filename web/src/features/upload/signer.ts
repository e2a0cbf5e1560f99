/** Presigned URLs for the parts of one upload, fetched some ahead and kept for less long than they are good. */
import { api, unwrap } from "~/api/client";

import { batchFrom } from "./parts";

const AHEAD = 16;
const GOOD_MS = 10 * 60_000;

interface Signed {
  url: string;
  until: number;
}

export class PartSigner {
  readonly #assetId: string;
  readonly #count: number;
  readonly #known = new Map<number, Promise<Signed>>();

  constructor(assetId: string, count: number) {
    this.#assetId = assetId;
    this.#count = count;
  }

  /** @throws ApiProblem */
  async url(part: number): Promise<string> {
    const asked = this.#known.get(part);
    if (asked) {
      this.#known.delete(part); // a part that is sent again is signed again
      const known = await asked.catch(() => null);
      if (known && known.until > Date.now()) return known.url;
    }
    // no pause between the look and the request: parts that are asked for together are signed together
    return this.#sign(part);
  }

  async #sign(part: number): Promise<string> {
    const wanted = batchFrom(part, this.#count, AHEAD);
    const answer = unwrap(api.POST("/api/v1/assets/upload/sign-part", { body: { asset_id: this.#assetId, part_numbers: wanted } }));
    for (const number of wanted) {
      const signed = answer.then(({ urls }) => {
        const found = urls.find((one) => one.part_number === number);
        if (!found) throw new Error(`part ${number} was not signed`);
        return { url: found.url, until: Date.now() + GOOD_MS };
      });
      signed.catch(() => undefined); // who waits for it hears of it
      this.#known.set(number, signed);
    }
    const signed = await this.#known.get(part);
    this.#known.delete(part);
    if (!signed) throw new Error(`part ${part} is unknown`);
    return signed.url;
  }
}
