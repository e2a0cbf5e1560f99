// A browser, somebody signed in, and what every page must never do: errors in the console, breaches of its policy, requests to strangers.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const required = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests need a platform that runs (tests/e2e/test_page.py starts one)`);
  return value;
};

export const ORIGIN = required("ACERVO_URL");
/** {user: password}, as JSON or as the name of a file that has it. */
const PEOPLE = JSON.parse(readFileSync(required("ACERVO_PEOPLE"), "utf8"));
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** More for the browser's command line: a proxy, a profile. */
const MORE = (process.env.CHROMIUM_ARGS ?? "").split(" ").filter(Boolean);

export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", ...MORE] });

/** A page of a person of its own; `faults` fills with what should not happen. */
export async function open(browser, { user, locale = "es-ES", width = 1440, height = 900, scheme = "light", at = "/" } = {}) {
  const context = await browser.newContext({ locale, viewport: { width, height }, colorScheme: scheme, acceptDownloads: true });
  context.setDefaultTimeout(45_000); // two cores, everything on them
  const page = await context.newPage();
  const faults = watch(page);
  await page.goto(ORIGIN + at);
  if (user) await signIn(page, user);
  return { context, page, faults };
}

export async function signIn(page, user) {
  await page.locator("input[name=username]").fill(user);
  await page.locator("input[name=password]").fill(PEOPLE[user]);
  await page.locator("button[type=submit], button:not([type])").first().click();
  await page.waitForURL((url) => url.href.startsWith(ORIGIN) && !url.pathname.startsWith("/oidc") && url.pathname !== "/callback");
  await page.locator("input[role=combobox]").waitFor();
}

function watch(page) {
  const faults = [];
  const strangers = (url) => /^https?:/.test(url) && !["localhost", "127.0.0.1"].includes(new URL(url).hostname);
  page.on("pageerror", (fault) => faults.push(`error: ${fault.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => strangers(request.url()) && faults.push(`stranger: ${request.url()}`));
  return faults;
}
