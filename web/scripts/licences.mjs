// Licences of everything that npm installed: what the page ships must be permissive, tools may also be MPL-2.0 (used, not shipped).
import { readFileSync } from "node:fs";

const PERMISSIVE = /^(MIT|MIT-0|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|CC0-1\.0|Unlicense|BlueOak-1\.0\.0|Python-2\.0|OFL-1\.1)$/;
const TOOLS = /^(MPL-2\.0|CC-BY-4\.0)$/;

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const found = new Map();
const refused = [];
for (const [path, known] of Object.entries(lock.packages)) {
  if (!path) continue;
  const licence = known.license ?? "none";
  found.set(licence, (found.get(licence) ?? 0) + 1);
  const choices = licence.replace(/[()]/g, "").split(" OR ");
  const allowed = choices.some((choice) => choice.split(" AND ").every((one) => PERMISSIVE.test(one) || (known.dev && TOOLS.test(one))));
  if (!allowed) refused.push(`${path}: ${licence}`);
}
for (const [licence, count] of [...found].sort((a, b) => b[1] - a[1])) console.log(`${String(count).padStart(5)}  ${licence}`);
if (refused.length > 0) {
  console.error(refused.join("\n"));
  process.exit(1);
}
