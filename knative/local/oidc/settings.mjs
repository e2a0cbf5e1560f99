// What the environment says; every fault is told at once.
import { readFileSync } from "node:fs";
import path from "node:path";

const list = (text) => (text ?? "").split(",").map((part) => part.trim()).filter(Boolean);

export function readSettings(env) {
  const faults = [];
  const required = (name) => {
    if (!env[name]) faults.push(`${name} is not set`);
    return env[name] ?? "";
  };
  const json = (name) => {
    const file = required(name);
    if (!file) return [];
    try {
      const value = JSON.parse(readFileSync(file, "utf8"));
      if (Array.isArray(value)) return value;
      faults.push(`${name}: ${file} is not a JSON array`);
    } catch (fault) {
      faults.push(`${name}: ${file}: ${fault.message}`);
    }
    return [];
  };
  const issuer = required("OIDC_ISSUER");
  let address;
  try {
    address = new URL(issuer);
  } catch {
    faults.push(`OIDC_ISSUER=${issuer} is not a URL`);
  }
  const port = Number(required("OIDC_PORT"));
  if (!Number.isInteger(port) || port < 1 || port > 65535) faults.push("OIDC_PORT is not a port");
  const users = json("OIDC_USERS");
  for (const [number, user] of users.entries()) {
    if (!user.username || !user.password) faults.push(`OIDC_USERS: entry ${number} lacks username or password`);
  }
  const machines = json("OIDC_CLIENTS");
  for (const [number, client] of machines.entries()) {
    if (!client.client_id || !client.client_secret) faults.push(`OIDC_CLIENTS: entry ${number} lacks client_id or client_secret`);
  }
  const data = required("OIDC_DATA");
  if (faults.length) throw new Error(`settings:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);

  const redirects = list(env.OIDC_WEB_REDIRECTS);
  return {
    issuer: issuer.replace(/\/$/, ""),
    origin: address.origin,
    host: address.host,
    protocol: address.protocol.replace(":", ""),
    prefix: address.pathname.replace(/\/$/, ""),
    port,
    listen: env.OIDC_LISTEN || "127.0.0.1",
    users,
    machines,
    audience: env.OIDC_AUDIENCE || "urn:acervo:api",
    webRedirects: redirects.length ? redirects : [`${address.origin}/`, `${address.origin}/callback`],
    accessTokenS: Number(env.OIDC_ACCESS_TOKEN_S || 600),
    keysFile: path.join(data, "keys.json"),
    stateFile: path.join(data, "state.json"),
  };
}
