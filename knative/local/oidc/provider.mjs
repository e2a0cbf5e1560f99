// The configuration of oidc-provider: clients, claims, lifetimes, pages.
import { Provider } from "oidc-provider";
import * as pages from "./pages.mjs";

const SCOPES = ["openid", "profile", "offline_access"];
const REFRESH_S = 14 * 24 * 3600;

function clients(settings) {
  const common = { response_types: ["code"], token_endpoint_auth_method: "none" };
  return [
    {
      ...common, client_id: "web", client_name: "Acervo", redirect_uris: settings.webRedirects,
      grant_types: ["authorization_code", "refresh_token"], post_logout_redirect_uris: [`${settings.origin}/`],
    },
    {
      ...common, client_id: "cli", client_name: "acervo (CLI)", application_type: "native", redirect_uris: ["http://127.0.0.1/callback"],
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    },
    ...settings.machines.map(({ client_id, client_secret }) => ({
      client_id, client_secret, client_name: client_id, grant_types: ["client_credentials"], redirect_uris: [], response_types: [],
      token_endpoint_auth_method: "client_secret_basic",
    })),
  ];
}

export function makeProvider(settings, keys, users, store) {
  const machines = new Map(settings.machines.map((machine) => [machine.client_id, machine]));
  const lang = (ctx) => pages.language(ctx.get("accept-language"), ctx.oidc?.params?.ui_locales);
  const show = (ctx, html) => {
    ctx.set(pages.HEADERS);
    ctx.body = html;
  };
  const name = (client) => client?.clientName ?? client?.clientId ?? "";

  const provider = new Provider(settings.issuer, {
    adapter: store.adapter(),
    jwks: keys.jwks,
    cookies: { keys: keys.cookies, short: { sameSite: "lax" }, long: { sameSite: "lax" } },
    clients: clients(settings),
    scopes: SCOPES,
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "roles", "groups"] },
    conformIdTokenClaims: false, // the page shows the name without another request
    findAccount: (_ctx, id) => (users.claims(id) ? { accountId: id, claims: async () => users.claims(id) } : undefined),
    pkce: { required: () => true },
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    ttl: { AccessToken: settings.accessTokenS, ClientCredentials: settings.accessTokenS, RefreshToken: REFRESH_S, Session: REFRESH_S, Grant: REFRESH_S, Interaction: 900, DeviceCode: 600, IdToken: 3600, AuthorizationCode: 60 },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: async (_ctx, code) => code.clientId === "web",
    interactions: { url: (_ctx, interaction) => `${settings.prefix}/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => grantOf(ctx, settings),
    // roles and groups in access tokens: of the person, or of the machine
    extraTokenClaims: async (_ctx, token) => {
      const machine = machines.get(token.clientId);
      const known = token.accountId ? users.claims(token.accountId) : machine && { name: machine.name ?? machine.client_id, roles: machine.roles ?? [], groups: machine.groups ?? [] };
      return known && { name: known.name, roles: known.roles, groups: known.groups };
    },
    renderError: async (ctx, out) => show(ctx, pages.failure(lang(ctx), { code: out.error, detail: out.error_description })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: async (ctx, form, _out, fault) => show(ctx, pages.deviceCode(lang(ctx), { form, fault })),
        userCodeConfirmSource: async (ctx, form, client, _info, code) => show(ctx, pages.deviceConfirm(lang(ctx), { form, client: name(client), code })),
        successSource: async (ctx) => show(ctx, pages.done(lang(ctx))),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => show(ctx, pages.logout(lang(ctx), { form })),
        postLogoutSuccessSource: async (ctx) => show(ctx, pages.done(lang(ctx))),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => settings.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "", audience: settings.audience, accessTokenFormat: "jwt", accessTokenTTL: settings.accessTokenS, jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  provider.proxy = true; // the address is always the issuer's: server.mjs sets the forwarded headers
  return provider;
}

// Our own clients need no question about scopes; a native one still asks whether it may act (RFC 8252, section 8.6).
async function grantOf(ctx, settings) {
  const { client, session, result } = ctx.oidc;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const found = known && (await ctx.oidc.provider.Grant.find(known));
  if (found) return found;
  const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(SCOPES.join(" "));
  grant.addResourceScope(settings.audience, "");
  await grant.save();
  return grant;
}
