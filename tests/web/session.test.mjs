// A sign-in lives longer than its tokens: renewed without a word while it can be, said when it cannot; and who has no role is told what to do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, ORIGIN } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** The tab's sign-in, changed behind the page's back. */
const change = (page, changed) =>
  page.evaluate((values) => {
    const name = Object.keys(sessionStorage).find((known) => known.startsWith("oidc.user:"));
    const user = { ...JSON.parse(sessionStorage.getItem(name)), ...values };
    sessionStorage.setItem(name, JSON.stringify(user));
    return user;
  }, changed);
const now = () => Math.floor(Date.now() / 1000);
const isRenewal = (request) => request.url().endsWith("/oidc/token") && (request.postData() ?? "").includes("grant_type=refresh_token");
const results = (page) => page.locator("h1", { hasText: /resultados?$/ });

test("a token that is nearly over is renewed while one goes on, once for all requests, and the old refresh token is replaced", async () => {
  const { context, page, faults } = await open(browser, { user: "editora" });
  const before = await change(page, { expires_at: now() + 10 });
  const renewals = [];
  page.on("request", (request) => isRenewal(request) && renewals.push(request.postData()));
  await page.locator("input[role=combobox]").fill("servicio");
  await page.waitForURL((url) => url.searchParams.get("q") === "servicio");
  await results(page).waitFor();
  await page.waitForFunction((old) => {
    const name = Object.keys(sessionStorage).find((known) => known.startsWith("oidc.user:"));
    return JSON.parse(sessionStorage.getItem(name)).refresh_token !== old;
  }, before.refresh_token);
  const renewed = await change(page, {});
  assert.notEqual(renewed.access_token, before.access_token);
  assert.equal(renewals.length, 1);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a page that is opened again after its token is over goes on without a question", async () => {
  const { context, page } = await open(browser, { user: "editora" });
  await change(page, { expires_at: now() - 60 });
  const renewal = page.waitForRequest(isRenewal);
  await page.reload();
  await renewal;
  await results(page).waitFor();
  await context.close();
});

test("a sign-in that cannot be renewed is said, and what is on the page stays", async () => {
  const { context, page } = await open(browser, { user: "editora" });
  await change(page, { expires_at: now() + 10, refresh_token: "good-for-nothing" });
  await page.locator("input[role=combobox]").fill("servicio");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  assert.equal(await page.locator("input[role=combobox]").inputValue(), "servicio");
  await dialog.getByRole("button").click();
  await page.waitForURL((url) => url.origin === ORIGIN && url.pathname === "/"); // the provider still knows the person
  await results(page).waitFor();
  await context.close();
});

test("who has no role is told whom to ask, and can sign out", async () => {
  const { context, page } = await open(browser, { user: "editora" });
  await page.route("**/api/v1/me", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), roles: [], actions: [] } });
  });
  await page.goto(`${ORIGIN}/upload`);
  await page.getByRole("heading", { level: 1, name: "No tiene permisos" }).waitFor();
  assert.equal(await page.getByRole("navigation").count(), 0);
  await page.getByRole("button", { name: /Cerrar la sesión/ }).waitFor();
  await context.close();
});
