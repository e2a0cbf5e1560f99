/**
 * Who is signed in: OIDC Authorization Code with PKCE against the platform's own provider.
 *
 * Tokens live in sessionStorage, one sign-in a tab; a new tab gets its own through the provider's cookie, without a question. A refresh token is
 * good once (it rotates), so that renewals of a tab go through one promise. Signing out tells the other tabs.
 */
import { UserManager, WebStorageStateStore, type User } from "oidc-client-ts";

const RENEW_BEFORE_S = 45;
const CHANNEL = "acervo.session";

export type SessionState =
  | { status: "starting" }
  | { status: "signed-out" }
  /** Signed out in another tab: going on to the provider by itself could sign in again before its session has ended. */
  | { status: "left" }
  | { status: "signed-in"; name: string; subject: string }
  | { status: "expired"; name: string; subject: string };

/** There is no valid token: the person has to sign in. */
export class SignedOut extends Error {
  constructor() {
    super("signed out");
    this.name = "SignedOut";
  }
}

export class Session {
  readonly #manager: UserManager;
  readonly #channel = new BroadcastChannel(CHANNEL);
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { status: "starting" };
  #renewal: Promise<User> | null = null;
  #arrival: Promise<string> | null = null;

  constructor(origin: string) {
    this.#manager = new UserManager({
      authority: `${origin}/oidc`,
      client_id: "web",
      redirect_uri: `${origin}/callback`,
      post_logout_redirect_uri: `${origin}/`,
      scope: "openid profile",
      userStore: new WebStorageStateStore({ store: window.sessionStorage }),
      automaticSilentRenew: false,
      accessTokenExpiringNotificationTimeInSeconds: RENEW_BEFORE_S,
      loadUserInfo: false,
      monitorSession: false,
    });
    this.#manager.events.addAccessTokenExpiring(() => void this.#renew().catch(() => undefined)); // #renew has told the page
    this.#channel.addEventListener("message", () => void this.#forget());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): SessionState => this.#state;

  /** Look for a sign-in that this tab already has. */
  async start(): Promise<void> {
    const user = await this.#manager.getUser();
    if (!user) { this.#set({ status: "signed-out" }); return; }
    if (!user.expired) { this.#signedIn(user); return; }
    await this.#renew().catch(() => this.#set({ status: "signed-out" }));
  }

  /** Leave for the provider; the person comes back to where they were. */
  async signIn(language: string): Promise<void> {
    const here = window.location.pathname === "/callback" ? "/" : window.location.href.slice(window.location.origin.length);
    await this.#manager.signinRedirect({ state: here, ui_locales: language });
  }

  /** Back from the provider: where the person was. Twice is once. */
  finishSignIn(): Promise<string> {
    this.#arrival ??= this.#manager.signinRedirectCallback().then((user) => {
      this.#signedIn(user);
      return typeof user.state === "string" && /^\/(?!\/)/.test(user.state) ? user.state : "/";
    });
    return this.#arrival;
  }

  /** Out of this page, of the other tabs and of the provider, whose session the refresh token ends with. */
  async signOut(): Promise<void> {
    this.#channel.postMessage("signed-out");
    await this.#manager.signoutRedirect();
  }

  /**
   * A token that is good for a while.
   *
   * @throws SignedOut
   */
  async token(): Promise<string> {
    const user = await this.#manager.getUser();
    if (!user) throw new SignedOut();
    if ((user.expires_in ?? 0) > RENEW_BEFORE_S / 2) return user.access_token;
    return (await this.#renew()).access_token;
  }

  /** The API did not take the token: say so on the page. */
  expire(): void {
    if (this.#state.status === "signed-in") this.#set({ ...this.#state, status: "expired" });
  }

  #renew(): Promise<User> {
    this.#renewal ??= this.#manager
      .signinSilent()
      .then((user) => {
        if (!user) throw new SignedOut();
        this.#signedIn(user);
        return user;
      })
      .catch((fault: unknown) => {
        // away from the network is not signed out: the next call tries again, as long as the provider did not refuse
        if (!(fault instanceof TypeError)) this.expire();
        throw fault instanceof TypeError ? fault : new SignedOut();
      })
      .finally(() => {
        this.#renewal = null;
      });
    return this.#renewal;
  }

  async #forget(): Promise<void> {
    await this.#manager.removeUser();
    this.#set({ status: "left" });
  }

  #signedIn(user: User): void {
    this.#set({ status: "signed-in", name: user.profile.name ?? user.profile.sub, subject: user.profile.sub });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session(window.location.origin);
