import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, ORIGIN } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const [user, sees] of [["editora", false], ["archivista", false], ["admin", true]]) {
  test(`${user} signs in and ${sees ? "sees" : "does not see"} what is for the platform team`, async () => {
    const { context, page, faults } = await open(browser, { user });
    await page.locator("h1", { hasText: /resultados?$/ }).waitFor();
    const link = page.getByRole("link", { name: "Plataforma" });
    if (sees) await link.waitFor();
    else assert.equal(await link.count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("an address that was opened signed out is where one comes back to", async () => {
  const { context, page } = await open(browser, { user: "editora", at: "/?q=servicio&view=list" });
  await page.waitForURL((url) => url.searchParams.get("q") === "servicio" && url.searchParams.get("view") === "list");
  assert.equal(await page.locator("input[role=combobox]").inputValue(), "servicio");
  await context.close();
});

test("who signs out is out in the other tab too, and at the provider", async () => {
  const { context, page } = await open(browser, { user: "editora" });
  const other = await context.newPage();
  await other.goto(ORIGIN);
  await other.locator("input[role=combobox]").waitFor(); // no question: the provider knows the person
  await page.getByRole("button", { name: /^Cuenta de/ }).click();
  await page.getByRole("menuitem", { name: "Cerrar la sesión en todas partes" }).click();
  await page.locator("button[name=logout][value=yes], button:has-text('Sí')").first().click();
  await page.locator("input[name=password]").waitFor();
  await other.getByRole("heading", { name: "Ha cerrado la sesión" }).waitFor();
  await other.getByRole("button", { name: "Iniciar sesión" }).click();
  await other.locator("input[name=password]").waitFor();
  await context.close();
});
