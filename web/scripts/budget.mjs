// The JavaScript that the first page needs: at most so many bytes, compressed by gzip (issue 8). Read from Vite's own manifest.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 250_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** A chunk and everything that it imports at once; one language is loaded too, the largest counts. */
function reachable(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const other of manifest[name].imports ?? []) reachable(other, found);
  return found;
}

const size = (name) => gzipSync(readFileSync(new URL(manifest[name].file, dist)), { level: 9 }).length;
const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const languages = Object.keys(manifest).filter((name) => /i18n\/\w\w\.json$/.test(name));
const parts = [...reachable(entry)].map((name) => ({ name, bytes: size(name) }));
const language = Math.max(0, ...languages.map(size));
const total = parts.reduce((sum, part) => sum + part.bytes, language);

for (const { name, bytes } of parts.sort((a, b) => b.bytes - a.bytes)) console.log(`${String(bytes).padStart(8)}  ${name}`);
console.log(`${String(language).padStart(8)}  one language\n${String(total).padStart(8)}  of ${MOST_BYTES} bytes (gzip)`);
if (total > MOST_BYTES) {
  console.error("the first page has become too heavy: load something later");
  process.exit(1);
}
