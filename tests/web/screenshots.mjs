// Pictures of every page in every theme, width and language, for people to look at; no part of the timed suite.
//
//   node screenshots.mjs FOLDER [asset ids…]     ONLY=admin.*-390 WIDTHS=390,1366,3840 SCHEMES=light,dark LOCALES=es-ES,en-GB,pt-BR narrow it
//
// With ids of assets (a film, a sound, a picture), their pages too. It tells what no page may do: errors in the console, breaches of its policy,
// and content that is wider than the window.
import { mkdirSync } from "node:fs";
import { launch, open, ORIGIN } from "./browser.mjs";

const [folder = "pictures", ...assets] = process.argv.slice(2);
const only = new RegExp(process.env.ONLY ?? ".");
const list = (name, otherwise) => (process.env[name] ?? otherwise).split(",");
const WIDTHS = list("WIDTHS", "390,1366,3840").map(Number);
const SCHEMES = list("SCHEMES", "light,dark");
const LOCALES = list("LOCALES", "es-ES,en-GB,pt-BR");
const QUIET_MS = 4_000;

const PAGES = {
  search: "/",
  grid: "/?q=servicio",
  list: "/?q=servicio&view=list",
  said: "/?q=servicio&view=said",
  nothing: "/?q=zzzzqqqq",
  collections: "/collections",
  upload: "/upload",
  activity: "/activity",
  ...Object.fromEntries(["state", "jobs", "projects", "channels", "rules", "letters", "audit"].map((name) => [`admin-${name}`, `/admin/${name}`])),
  missing: "/nowhere",
};
/** Pages in a state that only the API's answer brings about: what is asked for, and what it answers. */
const ANSWERS = {
  loading: ["**/api/v1/search/assets*", () => undefined],
  fault: ["**/api/v1/search/assets*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"title":"busy","status":503}' })],
  partial: [
    "**/api/v1/search/assets*",
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), partial: true, typos: true, ignored: ["zzzz"] } });
    },
  ],
  barred: [
    "**/api/v1/me",
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), roles: [], actions: [] } });
    },
  ],
};
for (const name of Object.keys(ANSWERS)) PAGES[name] = "/?q=servicio";
for (const [number, id] of assets.entries()) PAGES[`asset${number + 1}`] = `/assets/${id}?t=3&q=servicio`;

const choose = (page) => page.locator("li label input[type=checkbox]").first().check({ force: true });
/** What is opened by a button, and shown beside the page it is on. */
const OPENED = {
  "admin-projects": { form: (page) => page.locator("section button").first().click(), details: (page) => page.locator("tbody button").first().click() },
  "admin-channels": { form: (page) => page.locator("section button").first().click() },
  "admin-rules": { form: (page) => page.locator("section button").first().click() },
  "admin-letters": { many: (page) => page.locator("section button").first().click() },
  grid: {
    selected: (page) => choose(page),
    bulk: async (page) => {
      await choose(page);
      await page.getByRole("toolbar").getByRole("button").nth(1).click();
    },
    collect: async (page) => {
      await choose(page);
      await page.getByRole("toolbar").getByRole("button").nth(2).click();
    },
    filters: (page) => page.locator("main button[aria-haspopup=dialog]:visible").first().click(),
    saved: (page) => page.locator("main button[aria-haspopup=dialog]:visible").last().click(),
    person: (page) => page.locator("header button[aria-haspopup=menu]").click(),
    suggestions: async (page) => {
      await page.locator("input[role=combobox]").fill("");
      await page.locator("input[role=combobox]").pressSequentially("ser", { delay: 40 });
      await page.getByRole("listbox").getByRole("option").first().waitFor();
    },
  },
};
/** The panels of an asset, by their tabs; shown from the tabs on. */
const PANELS = ["history", "tags", "related", "renditions", "publications", "technical", "jobs"];
for (const number of assets.keys()) {
  OPENED[`asset${number + 1}`] = {
    ...Object.fromEntries(
      PANELS.map((name) => [
        name,
        async (page) => {
          await page.locator(`#tab-${name}`).click();
          await page.locator(`#tab-${name}`).evaluate((tab) => tab.scrollIntoView({ block: "start" }));
          await page.waitForTimeout(700); // what the panel asks for
        },
      ]),
    ),
    move: (page) => page.locator("main header button, main button").nth(1).click(),
    withdraw: async (page) => {
      await page.locator("#tab-publications").click();
      await page.locator("[data-publication] button, [data-channel] button").last().click();
    },
    keys: (page) => page.keyboard.press("?"),
  };
}

mkdirSync(folder, { recursive: true });
const browser = await launch();
const told = new Set();
for (const locale of LOCALES) {
  for (const scheme of SCHEMES) {
    const { context, page, faults } = await open(browser, { user: "admin", scheme, locale });
    page.setDefaultTimeout(8_000);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 500 ? 844 : Math.round(width * 0.6) });
      for (const [name, path] of Object.entries(PAGES)) {
        const shots = { "": async () => undefined, ...OPENED[name] };
        for (const [what, act] of Object.entries(shots)) {
          const file = [name, what, width, scheme, locale.slice(0, 2)].filter(Boolean).join("-");
          if (!only.test(file)) continue;
          const [asked, answer] = ANSWERS[name] ?? [];
          if (asked) await page.route(asked, answer);
          await page.goto(ORIGIN + path);
          await page.waitForLoadState("networkidle", { timeout: QUIET_MS }).catch(() => undefined); // a page that streams is never idle
          await act(page).catch((fault) => told.add(`${file}: ${fault.message.split("\n")[0]}`));
          await page.waitForTimeout(500); // MUI slides and fades in
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (wide > 0) told.add(`${file}: ${wide} px wider than the window`);
          await page.screenshot({ path: `${folder}/${file}.png`, timeout: 60_000 });
          console.log(file);
          if (asked) await page.unroute(asked);
        }
      }
    }
    for (const fault of faults) told.add(fault);
    await context.close();
  }
}
await browser.close();
for (const fault of told) console.error(fault);
