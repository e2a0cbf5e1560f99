// What the platform under test holds, as whoever started it says (tests/e2e/test_page.py): ids, words, files to upload.
import { readFileSync } from "node:fs";

const name = process.env.ACERVO_MATERIAL;
if (!name) throw new Error("ACERVO_MATERIAL is not set: a JSON file {film, sound, picture, word, second, files: {film, picture}}");

export const material = JSON.parse(readFileSync(name, "utf8"));

/** A file of its own every time: the same bytes twice would be a duplicate. */
export function fresh(kind, as) {
  const data = readFileSync(material.files[kind]);
  const salt = Buffer.alloc(24);
  if (kind === "film") {
    salt.writeUInt32BE(24, 0); // a `free` box at the end (ISO/IEC 14496-12, 8.1.2)
    salt.write("free", 4);
  }
  salt.writeDoubleBE(Math.random(), 8);
  salt.writeDoubleBE(Date.now(), 16);
  return { name: as, mimeType: kind === "film" ? "video/mp4" : "image/jpeg", buffer: Buffer.concat([data, salt]) };
}
