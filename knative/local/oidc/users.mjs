// The seeded people: passwords are compared in constant time, and guessing is slowed down.
import { createHash, timingSafeEqual } from "node:crypto";

const MOST_FAILURES = 10;
const WINDOW_MS = 5 * 60 * 1000;
const MOST_NAMES = 1000;
const digest = (text) => createHash("sha256").update(text).digest();

export class Users {
  constructor(entries, clock = Date.now) {
    this.byName = new Map(entries.map((user) => [user.username, user]));
    this.failures = new Map();
    this.clock = clock;
  }

  // "ok", "wrong" or "wait"
  check(username, password) {
    const known = this.byName.get(username);
    if (this.recent(username).length >= MOST_FAILURES) return "wait";
    const right = timingSafeEqual(digest(known?.password ?? ""), digest(password));
    if (known && right) {
      this.failures.delete(username);
      return "ok";
    }
    if (this.failures.size >= MOST_NAMES) this.failures.delete(this.failures.keys().next().value);
    this.failures.set(username, [...this.recent(username), this.clock()]);
    return "wrong";
  }

  recent(username) {
    return (this.failures.get(username) ?? []).filter((at) => at > this.clock() - WINDOW_MS);
  }

  // claims of a person, for tokens; undefined when the person is no longer seeded
  claims(username) {
    const user = this.byName.get(username);
    return user && {
      sub: user.username,
      name: user.name ?? user.username,
      preferred_username: user.username,
      roles: user.roles ?? [],
      groups: user.groups ?? [],
    };
  }
}
