// Sessions, grants and tokens: in memory, bounded, written to a file a moment after a change, so that a restart signs nobody out.
// (oidc-provider's adapter interface: upsert, find, findByUid, findByUserCode, consume, destroy, revokeByGrantId.)
import { existsSync, readFileSync } from "node:fs";
import { writePrivate } from "./files.mjs";

const MOST = 20_000;
const WRITE_AFTER_MS = 500;
const PASSING = new Set(["Interaction", "ReplayDetection", "PushedAuthorizationRequest"]); // not worth keeping over a restart
const now = () => Math.floor(Date.now() / 1000);

export class Store {
  constructor(file) {
    this.file = file;
    this.timer = null;
    this.entries = new Map(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []);
  }

  get(key) {
    const entry = this.entries.get(key);
    if (entry && entry.until !== null && entry.until <= now()) {
      this.delete(key);
      return undefined;
    }
    return entry?.value;
  }

  set(key, value, expiresIn) {
    this.entries.delete(key); // to the end of the order
    this.entries.set(key, { value, until: expiresIn ? now() + expiresIn : null });
    if (this.entries.size > MOST) this.makeRoom();
    this.changed();
  }

  delete(key) {
    if (this.entries.delete(key)) this.changed();
  }

  // what has expired goes first, then the oldest
  makeRoom() {
    for (const key of [...this.entries.keys()]) this.get(key);
    for (const key of this.entries.keys()) {
      if (this.entries.size <= MOST * 0.9) break;
      this.entries.delete(key);
    }
  }

  changed() {
    this.timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS).unref();
  }

  write() {
    clearTimeout(this.timer);
    this.timer = null;
    const kept = [...this.entries].filter(([key]) => !PASSING.has(key.split(":", 1)[0]));
    writePrivate(this.file, JSON.stringify(kept));
  }

  // the class that oidc-provider makes one adapter a model of
  adapter() {
    const store = this;
    return class {
      constructor(model) {
        this.model = model;
      }

      key(id) {
        return `${this.model}:${id}`;
      }

      async upsert(id, payload, expiresIn) {
        store.set(this.key(id), payload, expiresIn);
      }

      async find(id) {
        return store.get(this.key(id));
      }

      async findByUid(uid) {
        return this.search("uid", uid);
      }

      async findByUserCode(userCode) {
        return this.search("userCode", userCode);
      }

      async search(field, value) {
        const start = `${this.model}:`;
        for (const key of store.entries.keys()) {
          const found = key.startsWith(start) ? store.get(key) : undefined;
          if (found?.[field] === value) return found;
        }
        return undefined;
      }

      async consume(id) {
        const found = store.get(this.key(id));
        if (found) {
          found.consumed = now();
          store.changed();
        }
      }

      async destroy(id) {
        store.delete(this.key(id));
      }

      async revokeByGrantId(grantId) {
        for (const [key, { value }] of [...store.entries]) if (value.grantId === grantId) store.delete(key);
      }
    };
  }
}
