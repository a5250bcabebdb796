// Opens a report in a browser as readers do and says in JSON what it found: node check.mjs MODULES BROWSER PAGE DOWNLOADS
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [modules, executablePath, page_file, downloads] = process.argv.slice(2);
const load = createRequire(join(modules, "node_modules", "nothing.js"));
const puppeteer = load("puppeteer-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const address = `file://${page_file}`;
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

// A page with lists of its errors and requests.
async function open(width, scheme, scripts = true) {
  const page = await browser.newPage();
  const faults = [];
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => request.url() !== address && !request.url().startsWith("blob:") && faults.push(`asks for ${request.url()}`));
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setJavaScriptEnabled(scripts);
  await page.goto(address, { waitUntil: "load" });
  return { page, faults };
}

async function look(width, scheme) {
  const { page, faults } = await open(width, scheme);
  const seen = await page.evaluate(() => ({
    figures: [...document.querySelectorAll("figure svg")].filter((svg) => svg.getBoundingClientRect().height > 100).length,
    // Figures that scroll, and the smallest letters of those that are seen, in pixels of the screen.
    scrolling: [...document.querySelectorAll("figure .wide, figure .phone")].filter((box) => box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1).length,
    letters: Math.min(...[...document.querySelectorAll("figure svg[viewBox] text")].filter((text) => text.ownerSVGElement.clientWidth > 0).map((text) => {
      const svg = text.ownerSVGElement;
      return (parseFloat(getComputedStyle(text).fontSize) * svg.clientWidth) / svg.viewBox.baseVal.width;
    })),
    wider: document.documentElement.scrollWidth - window.innerWidth,
    broken: [...document.querySelectorAll("nav a")].filter((link) => !document.getElementById(link.getAttribute("href").slice(1))).length,
  }));
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const findings = serious.map(({ id, nodes }) => `${id}: ${nodes.length} times, first ${nodes[0].html.slice(0, 200)}`);
  await page.close();
  return { width, scheme, ...seen, faults, findings };
}

async function use() {
  const { page, faults } = await open(1280, "light");
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
  const table = "#points table";
  const column = (name) =>
    page.evaluate((table, name) => {
      const { tHead, tBodies } = document.querySelector(table);
      const place = [...tHead.rows[0].cells].findIndex((head) => head.textContent.startsWith(name));
      const rows = [...tBodies[0].rows].filter((row) => !row.hidden);
      return rows.map((row) => row.cells[place].firstChild.textContent.trim());
    }, table, name);
  const press = (selector, name) =>
    page.evaluate((selector, name) => {
      const all = [...document.querySelectorAll(selector)];
      all.find((button) => button.textContent.startsWith(name)).click();
    }, selector, name);
  const downloaded = async (name) => {
    const file = join(downloads, name);
    for (let tries = 0; !existsSync(file) && tries < 100; tries += 1) await new Promise((done) => setTimeout(done, 50));
    return readFileSync(file, "utf8");
  };
  const seen = { before: await column("Design point") };
  await press(`${table} thead button`, "Mean latency");
  seen.ascending = await column("Mean latency");
  await press(`${table} thead button`, "Mean latency");
  seen.descending = await column("Mean latency");
  await page.type("#points input", "float 0.3");
  seen.filtered = await column("Design point");
  const columns = () => page.$eval(table, ({ tHead }) => [...tHead.rows[0].cells].filter((head) => !head.hidden).length);
  seen.columns = [await columns()];
  await press("#points .tools button", "Save as CSV");
  seen.csv = await downloaded("points.csv");
  await page.$eval("#points input", (input) => { input.value = ""; input.dispatchEvent(new Event("input")); });
  await press("#points .tools button", "Hide constant");
  seen.columns.push(await columns());
  await press("#points .tools button", "Hide constant");
  seen.columns.push(await columns());
  await press("figure .tools button", "Save as SVG");
  const figure = await page.$eval("figure", (figure) => figure.id);
  seen.svg = await downloaded(`${figure}.svg`);
  seen.toml = await page.$eval("tr[data-toml]", (row) => row.dataset.toml);
  await browser.defaultBrowserContext().overridePermissions(address, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]).catch(() => {});
  await page.bringToFront();
  await page.click("tr[data-toml] button.copy");
  await page.waitForFunction(() => document.querySelector("tr[data-toml] button.copy").textContent !== "TOML", { timeout: 5000 });
  seen.copied = await page.$eval("tr[data-toml] button.copy", (made) => made.textContent);
  await page.$eval("figure circle.hint", (hint) => hint.scrollIntoView({ block: "center" }));
  await page.hover("figure circle.hint");
  seen.tip = await page.$eval("#tip", (tip) => (tip.hidden ? null : tip.textContent));
  seen.faults = faults;
  await page.close();
  return seen;
}

// Chooses axes and colour, goes from point to point by keys, and saves the figure.
async function explore() {
  const { page, faults } = await open(1280, "light");
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
  const choose = (label, value) =>
    page.evaluate((label, value) => {
      const select = [...document.querySelectorAll("#explore label")].find((made) => made.textContent.startsWith(label)).querySelector("select");
      select.value = value;
      select.dispatchEvent(new Event("change"));
    }, label, value);
  const rows = () => page.$$eval("#explore tbody tr", (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const texts = () => page.$$eval("#explored .wide text", (texts) => texts.map((text) => text.textContent));
  const lines = () => page.$$eval("#explored path[fill=none][stroke-width]", (lines) => lines.map((line) => line.getAttribute("stroke")));
  const seen = { begin: { rows: await rows(), texts: await texts(), lines: await lines() } };
  await choose("Vertical", "latency_mean_s");
  await choose("Horizontal", "network.family");
  await choose("Colour", "link.packet_loss");
  seen.chosen = { rows: await rows(), texts: await texts(), lines: await lines(), legend: await page.$$eval("#explored .legend span", (all) => all.map((one) => one.textContent.trim())) };
  await page.$eval("#explored .wide svg", (svg) => svg.focus());
  await page.keyboard.press("ArrowRight");
  seen.first = await page.$eval("#tip", (tip) => (tip.hidden ? null : tip.textContent));
  await page.keyboard.press("ArrowLeft");
  seen.last = await page.$eval("#tip", (tip) => (tip.hidden ? null : tip.textContent));
  await page.type("#explore input", "float 0.3");
  seen.filtered = { rows: await rows(), table: await page.$$eval("#points tbody tr[data-point]", (rows) => rows.filter((row) => !row.hidden).length) };
  await page.evaluate(() => [...document.querySelectorAll("#explored .tools button")].forEach((made) => made.click()));
  const file = async (name) => {
    for (let tries = 0; !existsSync(join(downloads, name)) && tries < 100; tries += 1) await new Promise((done) => setTimeout(done, 50));
    return readFileSync(join(downloads, name));
  };
  const png = await file("explored.png");
  seen.png = { start: png.subarray(1, 4).toString(), width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
  await page.evaluate(() => [...document.querySelectorAll("#figures figure .tools button")].find((made) => made.textContent === "Save as PNG").click());
  const name = await page.$eval("#figures figure", (figure) => figure.id);
  const size = await page.$eval("#figures figure svg", (svg) => ["width", "height"].map((side) => Number(svg.getAttribute(side))));
  const drawn = await file(`${name}.png`);
  seen.static = { wanted: size.map((side) => 3 * side), found: [drawn.readUInt32BE(16), drawn.readUInt32BE(20)] };
  seen.svg = (await file("explored.svg")).toString();
  seen.faults = faults;
  await page.close();
  return seen;
}

async function without_scripts() {
  const { page, faults } = await open(1280, "light", false);
  const count = async (selector) => (await page.$$(selector)).length;
  const seen = { figures: await count("figure .page svg"), tables: await count("table"), buttons: await count("button"), faults };
  await page.close();
  return seen;
}

const looks = [];
for (const width of [1280, 390]) for (const scheme of ["light", "dark"]) looks.push(await look(width, scheme));
console.log(JSON.stringify({ looks, use: await use(), explore: await explore(), without_scripts: await without_scripts() }));
await browser.close();
