// Pictures of every page in every theme, width and language, for people to look at: `node look.mjs FOLDER [asset ids…]`.
import { mkdirSync } from "node:fs";
import { launch, open } from "./browser.mjs";

const [folder = "pictures", ...assets] = process.argv.slice(2);
const only = process.env.ONLY ? new RegExp(process.env.ONLY) : /./;
mkdirSync(folder, { recursive: true });
const PAGES = { search: "/", list: "/?q=servicio&view=list", said: "/?q=servicio&view=said", upload: "/upload", activity: "/activity", admin: "/admin", missing: "/nowhere" };
for (const [number, id] of assets.entries()) PAGES[`asset${number}`] = `/assets/${id}?t=8&q=servicio`;
const WIDTHS = (process.env.WIDTHS ?? "390,1440,2560").split(",").map(Number);
const SCHEMES = (process.env.SCHEMES ?? "light,dark").split(",");

const browser = await launch();
for (const scheme of SCHEMES) {
  const { context, page, faults } = await open(browser, { user: "admin", scheme, locale: process.env.LOCALE ?? "es-ES" });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width < 500 ? 844 : Math.round(width * 0.6) });
    for (const [name, path] of Object.entries(PAGES)) {
      const file = `${name}-${width}-${scheme}`;
      if (!only.test(file)) continue;
      await page.goto(new URL(path, page.url()).href);
      await page.waitForLoadState("networkidle").catch(() => undefined); // a page that streams is never idle
      await page.screenshot({ path: `${folder}/${file}.png` });
      console.log(file);
    }
  }
  if (faults.length > 0) console.log([...new Set(faults)].join("\n"));
  await context.close();
}
await browser.close();
