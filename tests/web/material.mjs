// What the platform under test holds, as whoever started it says (tests/e2e/test_page.py): ids, words, files to upload.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const name = process.env.ACERVO_MATERIAL;
if (!name) throw new Error("ACERVO_MATERIAL is not set: a JSON file {film, sound, picture, word, second, files: {film, picture}}");

export const material = JSON.parse(readFileSync(name, "utf8"));

const folder = mkdtempSync(path.join(tmpdir(), "acervo-page-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** A file of its own every time (the same bytes twice would be a duplicate), by its name on the disk. */
export function fresh(kind, as) {
  const data = readFileSync(material.files[kind]);
  const salt = Buffer.alloc(24);
  if (kind === "film") {
    salt.writeUInt32BE(24, 0); // a `free` box at the end (ISO/IEC 14496-12, 8.1.2)
    salt.write("free", 4);
  }
  salt.writeDoubleBE(Math.random(), 8);
  salt.writeDoubleBE(Date.now(), 16);
  const file = path.join(folder, as);
  writeFileSync(file, Buffer.concat([data, salt]));
  return file;
}
