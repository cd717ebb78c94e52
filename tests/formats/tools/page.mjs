// Opens a report in a browser, light and dark, wide and narrow, and asks axe about accessibility.
// The page must fetch nothing, run nothing, obey its own policy and fit the screen. With a folder
// as second argument it leaves pictures there.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = () => {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {}
  }
  throw new Error("the tests need Chromium on PATH: install your distribution's package chromium");
};

const [file, pictures] = process.argv.slice(2);
const url = pathToFileURL(file).href;
const wrong = [];
const chrome = await chromium.launch({
  executablePath: browser(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
for (const colorScheme of ["light", "dark"]) {
  for (const width of [1200, 390]) {
    const name = `${colorScheme} ${width}`;
    const page = await chrome.newPage({ colorScheme, viewport: { width, height: 900 } });
    const say = (what) => wrong.push(`${name}: ${what}`);
    page.on("console", (message) => say(`console: ${message.text()}`));
    page.on("pageerror", (error) => say(`error: ${error}`));
    page.on("dialog", (dialog) => (say(`dialog: ${dialog.message()}`), dialog.dismiss()));
    page.on("request", (request) => request.url() === url || say(`request: ${request.url()}`));
    await page.goto(url);
    const seen = await page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      scripts: document.scripts.length,
      styled: getComputedStyle(document.querySelector(".banner")).borderTopWidth,
      title: document.title,
      h1: document.querySelectorAll("h1").length,
    }));
    if (seen.overflow > 0) say(`wider than the screen by ${seen.overflow}`);
    if (seen.scripts > 0) say("has a script");
    if (seen.styled !== "6px") say("its own policy forbids its style");
    if (!/^(SYNC|MISMATCH|UNKNOWN): /.test(seen.title) || seen.h1 !== 1) say(JSON.stringify(seen));
    // By the keyboard alone: the first thing that folds opens and closes.
    const folded = page.locator("summary").first();
    if (await folded.count()) {
      const open = () => folded.evaluate((summary) => summary.parentElement.open);
      const before = await open();
      await folded.focus();
      await page.keyboard.press("Enter");
      if ((await open()) === before) say("a summary does not obey the keyboard");
    }
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => axe.run());
    if (passes.length < 10) say(`axe looked at ${passes.length} rules only`);
    for (const one of violations) {
      say(`axe: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`).join(" | ")}`);
    }
    if (pictures) {
      await page.reload();
      await page.screenshot({ path: `${pictures}/${basename(file, ".html")}-${colorScheme}-${width}.png`, fullPage: true });
    }
    await page.close();
  }
}
if (pictures) {
  const page = await chrome.newPage();
  await page.goto(url);
  await page.pdf({ path: `${pictures}/${basename(file, ".html")}.pdf`, format: "A4" });
}
await chrome.close();
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
console.log("judged 4 views");
