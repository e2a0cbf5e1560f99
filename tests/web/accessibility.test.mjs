// axe-core with the rules of WCAG 2.0 to 2.2, A and AA, on every page in both themes, wide and narrow.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, ORIGIN } from "./browser.mjs";
import { material } from "./material.mjs";
import { violations, WCAG } from "./violations.mjs";

const BEST = [...WCAG, "best-practice"];
const PAGES = {
  search: ["/", "[data-result]"],
  list: [`/?q=${material.word}&view=list`, "mark"],
  said: [`/?q=${material.word}&view=said`, "mark"],
  nothing: ["/?q=zzzzqqqq&tag=no", "main"],
  film: [`/assets/${material.film}?q=${material.word}`, "mark"],
  sound: [`/assets/${material.sound}`, "[role=slider]"],
  picture: [`/assets/${material.picture}`, "img[alt]:not([alt=''])"],
  upload: ["/upload", "input[type=file]"],
  activity: ["/activity", "h1"],
  admin: ["/admin", "h2"],
  missing: ["/nowhere", "h1"],
};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** How far the window itself could scroll: pages scroll within themselves, below the bar. */
const beyond = (page) =>
  page.evaluate(() => [document.documentElement.scrollWidth - window.innerWidth, document.documentElement.scrollHeight - window.innerHeight]);

for (const scheme of ["light", "dark"]) {
  for (const width of [1440, 390]) {
    test(`no page has a violation in the ${scheme} theme at ${width} pixels`, async (t) => {
      const { context, page } = await open(browser, { user: "admin", scheme, width });
      for (const [name, [path, ready]] of Object.entries(PAGES)) {
        await t.test(name, async () => {
          await page.goto(ORIGIN + path);
          await page.locator(ready).first().waitFor({ state: "attached" });
          assert.deepEqual(await violations(page, BEST), []);
          assert.deepEqual(await beyond(page), [0, 0]);
        });
      }
      await context.close();
    });
  }
}

test("menus, dialogs and panels have none either", async (t) => {
  const { context, page } = await open(browser, { user: "admin" });
  const steps = {
    "the person's menu": async () => {
      await page.getByRole("button", { name: /^Cuenta de/ }).click();
      await page.getByRole("menu").waitFor();
    },
    suggestions: async () => {
      await page.keyboard.press("Escape");
      await page.getByRole("menu").waitFor({ state: "hidden" }); // while it closes it still holds the focus, and takes it back
      await page.locator("input[role=combobox]").pressSequentially("ser", { delay: 40 });
      await page.getByRole("listbox").getByRole("option").first().waitFor(); // the list of suggestions, not the one of orders
    },
    versions: async () => {
      await page.goto(`${ORIGIN}/assets/${material.film}`);
      await page.getByRole("tab", { name: "Versiones" }).click();
    },
    publications: () => page.getByRole("tab", { name: "Publicación" }).click(),
    technical: () => page.getByRole("tab", { name: "Ficha técnica" }).click(),
    jobs: () => page.getByRole("tab", { name: "Trabajos" }).click(),
    shortcuts: () => page.getByRole("button", { name: "Atajos de teclado" }).click(),
    "delete?": async () => {
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Eliminar" }).click();
    },
  };
  for (const [name, step] of Object.entries(steps)) {
    await t.test(name, async () => {
      await step();
      assert.deepEqual(await violations(page), []); // a menu is no landmark, and need not be in one
    });
  }
  await context.close();
});

test("each language speaks all over the page, and the choice is kept", async () => {
  for (const [locale, upload] of [["es-MX", "Subir"], ["en-GB", "Upload"], ["pt-BR", "Enviar"], ["fr-FR", "Subir"]]) {
    const { context, page } = await open(browser, { user: "editora", locale });
    await page.getByRole("link", { name: upload }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), { "en-GB": "en", "pt-BR": "pt" }[locale] ?? "es");
    await context.close();
  }
  const { context, page } = await open(browser, { user: "editora", locale: "en-GB" });
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitemradio", { name: "Português" }).click();
  await page.getByRole("link", { name: "Enviar", includeHidden: true }).waitFor();
  await page.reload();
  await page.getByRole("link", { name: "Enviar" }).waitFor();
  await context.close();
});
