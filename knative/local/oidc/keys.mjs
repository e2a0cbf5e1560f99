// The signing key and the cookie key: made on the first start, kept in a file that only the owner can read.
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writePrivate } from "./files.mjs";

export function loadKeys(file) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = privateKey.export({ format: "jwk" });
  const keys = {
    jwks: { keys: [{ ...jwk, use: "sig", alg: "RS256", kid: thumbprint(jwk) }] },
    cookies: [randomBytes(32).toString("base64url")],
  };
  writePrivate(file, JSON.stringify(keys, null, 1));
  return keys;
}

// RFC 7638
function thumbprint({ e, kty, n }) {
  return createHash("sha256").update(JSON.stringify({ e, kty, n })).digest("base64url");
}
