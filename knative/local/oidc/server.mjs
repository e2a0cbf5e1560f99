// The OpenID Connect provider of a one-machine Acervo (in a cluster: Keycloak). For development: passwords are seeded.
//
//   OIDC_ISSUER    external URL, with the prefix that the gateway keeps: http://localhost:8080/oidc
//   OIDC_PORT      where to listen (127.0.0.1; OIDC_LISTEN for another address)
//   OIDC_USERS     JSON file [{username, password, name, roles, groups}]
//   OIDC_CLIENTS   JSON file [{client_id, client_secret, name, roles, groups}]: machines (client credentials)
//   OIDC_DATA      folder for keys and sessions
//   OIDC_AUDIENCE, OIDC_WEB_REDIRECTS (comma-separated), OIDC_ACCESS_TOKEN_S: optional
import http from "node:http";
import { interactionRoutes } from "./interactions.mjs";
import { loadKeys } from "./keys.mjs";
import { makeProvider } from "./provider.mjs";
import { readSettings } from "./settings.mjs";
import { Store } from "./store.mjs";
import { Users } from "./users.mjs";

const STOP_WITHIN_MS = 5000;

function start(settings) {
  const keys = loadKeys(settings.keysFile);
  const users = new Users(settings.users);
  const store = new Store(settings.stateFile);
  const provider = makeProvider(settings, keys, users, store);
  const interactions = interactionRoutes(settings, provider, users);
  const callback = provider.callback();
  provider.on("server_error", (_ctx, fault) => console.error(fault));

  const server = http.createServer(async (request, response) => {
    if (request.url === "/healthz") {
      response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
      return;
    }
    const inside = request.url.startsWith(`${settings.prefix}/`);
    if (!inside) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    // however it is reached, addresses that it says are those of the issuer
    request.originalUrl = request.url;
    request.url = request.url.slice(settings.prefix.length);
    request.headers.host = settings.host;
    request.headers["x-forwarded-host"] = settings.host;
    request.headers["x-forwarded-proto"] = settings.protocol;
    if (!(await interactions(request, response))) callback(request, response);
  });
  server.requestTimeout = 30_000;
  server.listen(settings.port, settings.listen, () => console.log(`issuer ${settings.issuer} on ${settings.listen}:${settings.port}`));

  const stop = () => {
    store.write();
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    server.close(() => {
      store.write();
      process.exit(0);
    });
    server.closeIdleConnections();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

try {
  start(readSettings(process.env));
} catch (fault) {
  console.error(fault.message);
  process.exit(1);
}
