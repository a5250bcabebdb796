"use strict";
// Sorts, filters and saves tables and figures, and names what is pointed at. Nothing on the page needs it.
const PNG_SCALE = 3;
const UNITS = { f: 1e-15, p: 1e-12, n: 1e-9, "µ": 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9 };
const text = (cell) => (cell.firstChild ? cell.firstChild.textContent : "").trim();
function value(cell) {
  const found = text(cell).replace(/,/g, "").replace("−", "-").match(/^([+-]?[0-9.]+(?:e[+-]?[0-9]+)?)\s*(\S*)/);
  if (!found) return text(cell);
  const unit = found[2];
  const factor = unit === "h" ? 3600 : unit.length > 1 && /[JWs]$/.test(unit) ? UNITS[unit[0]] || 1 : 1;
  return Number(found[1]) * factor;
}
function compare(a, b) {
  const numbers = typeof a === "number" && typeof b === "number";
  if (numbers) return a - b;
  return typeof a === typeof b ? String(a).localeCompare(String(b)) : typeof a === "number" ? -1 : 1;
}
function sortable(table) {
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => compare(value(a.cells[column]), value(b.cells[column])) * (up ? 1 : -1));
      table.tBodies[0].append(...rows);
    });
  });
}
function save(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
function csv(table) {
  const words = (cell) => [...cell.childNodes].filter((node) => node.nodeName !== "BUTTON" || cell.closest("thead"));
  const content = (cell) => words(cell).map((node) => node.textContent).join(" ");
  const quoted = (cell) => `"${content(cell).trim().replace(/\s+/g, " ").replace(/"/g, '""')}"`;
  const rows = [...table.rows].filter((row) => !row.hidden);
  const shown = (row) => [...row.cells].filter((cell) => !cell.hidden);
  return rows.map((row) => shown(row).map(quoted).join(",")).join("\n") + "\n";
}
function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}
function tools(...parts) {
  const bar = document.createElement("div");
  bar.className = "tools";
  bar.append(...parts);
  return bar;
}
// Hides columns that say the same of all rows, or shows them again.
function hideConstants(table, hide) {
  const rows = [...table.tBodies[0].rows];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const same = column > 0 && rows.every((row) => row.cells[column].textContent === rows[0].cells[column].textContent);
    for (const cell of [head, ...rows.map((row) => row.cells[column])]) cell.hidden = hide && same;
  });
}
function filterOf(table) {
  const filter = document.createElement("input");
  filter.type = "search";
  filter.placeholder = "filter rows";
  filter.setAttribute("aria-label", "Filter rows");
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(" ");
    for (const row of table.tBodies[0].rows) {
      const content = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => content.includes(word));
    }
  });
  return filter;
}
function constantsOf(table) {
  const made = button("Hide constant columns", () => {
    const hide = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", hide);
    hideConstants(table, hide);
  });
  made.setAttribute("aria-pressed", "false");
  return made;
}
async function copy(row, made) {
  try {
    await navigator.clipboard.writeText(row.dataset.toml);
    made.textContent = "copied";
  } catch {
    made.textContent = "no clipboard";
  }
}
document.querySelectorAll("table").forEach((table) => {
  if (table.tBodies.length !== 1 || table.tBodies[0].rows.length < 2) return;
  sortable(table);
  const name = (table.closest("section") || document.body).id || "table";
  const saved = button("Save as CSV", () => save(`${name}.csv`, "text/csv", csv(table)));
  table.closest(".wide").before(tools(filterOf(table), constantsOf(table), saved));
});
document.querySelectorAll("tr[data-toml]").forEach((row) => {
  const label = text(row.cells[0]);
  const made = button("TOML", () => copy(row, made));
  made.className = "copy";
  made.setAttribute("aria-label", `Copy the keys of ${label} as TOML`);
  row.cells[0].append(" ", made);
});
// The drawing of a figure as a document of its own.
const drawing = (figure) => new XMLSerializer().serializeToString(figure.querySelector(".wide svg"));
async function savePng(figure) {
  const [width, height] = ["width", "height"].map((side) => Number(figure.querySelector(".wide svg").getAttribute(side)) * PNG_SCALE);
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([drawing(figure)], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  URL.revokeObjectURL(image.src);
  canvas.toBlob((png) => save(`${figure.id}.png`, "image/png", png));
}
const downloadsOf = (figure) =>
  tools(
    button("Save as SVG", () => save(`${figure.id}.svg`, "image/svg+xml", drawing(figure))),
    button("Save as PNG", () => savePng(figure)),
  );
document.querySelectorAll("figure").forEach((figure) => figure.append(downloadsOf(figure)));
const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
document.body.append(tip);
tip.setAttribute("role", "status");
// Shows the text of a point of a figure beside it; of none, nothing.
function pointAt(hint) {
  tip.hidden = !hint;
  if (!hint) return;
  tip.textContent = hint.textContent;
  const { left, bottom } = hint.getBoundingClientRect();
  const most = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(8, Math.min(left, most)) + window.scrollX}px`;
  tip.style.top = `${bottom + 4 + window.scrollY}px`;
}
document.addEventListener("pointerover", (event) => pointAt(event.target.closest ? event.target.closest(".hint") : null));
