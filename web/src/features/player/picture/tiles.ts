/** Tiles of a pyramid by ranged GETs of one object; its address is asked for again before it ends. */
import { findDirectory, NoPyramid, readDirectory, TAIL_BYTES, tileOf, type Directory } from "./pyramid";

/** Gives an address of the file that is good now. */
type Address = (signal: AbortSignal) => Promise<string>;

export class Tiles {
  readonly #address: Address;
  readonly #directory: Directory;

  private constructor(address: Address, directory: Directory) {
    this.#address = address;
    this.#directory = directory;
  }

  /** @throws NoPyramid, TypeError when the store cannot be reached */
  static async open(address: Address, size: number, signal: AbortSignal): Promise<Tiles> {
    const url = await address(signal);
    const from = Math.max(0, size - TAIL_BYTES);
    const tail = await fetchRange(url, from, size - from, signal);
    const { offset, length } = findDirectory(tail);
    const directory = offset >= from ? tail.slice(offset - from, offset - from + length) : await fetchRange(url, offset, length, signal);
    return new Tiles(address, readDirectory(directory, offset));
  }

  async read(name: string, signal: AbortSignal): Promise<Blob> {
    const at = this.#directory.get(name);
    if (!at) throw new NoPyramid(`there is no ${name}`);
    const entry = await fetchRange(await this.#address(signal), at.offset, at.length, signal);
    return new Blob([tileOf(entry, at.size)], { type: "image/jpeg" });
  }
}

async function fetchRange(url: string, offset: number, length: number, signal: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetch(url, { headers: { range: `bytes=${offset}-${offset + length - 1}` }, signal });
  if (response.status !== 206) throw new TypeError(`the object store answered ${response.status}`);
  return response.arrayBuffer();
}
