"use strict";
// Sorts, filters and saves the tables. Nothing on the page needs it.
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
  const quoted = (cell) => `"${cell.innerText.trim().replace(/\s+/g, " ").replace(/"/g, '""')}"`;
  const rows = [...table.rows].filter((row) => !row.hidden);
  return rows.map((row) => [...row.cells].map(quoted).join(",")).join("\n") + "\n";
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
document.querySelectorAll("table").forEach((table) => {
  if (table.tBodies.length !== 1 || table.tBodies[0].rows.length < 2) return;
  sortable(table);
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
  table.closest(".wide").before(tools(filter, button("Save as CSV", () => save("table.csv", "text/csv", csv(table)))));
});
document.querySelectorAll("figure").forEach((figure) => {
  const svg = figure.querySelector("svg");
  figure.append(tools(button("Save as SVG", () => save(`${figure.id}.svg`, "image/svg+xml", svg.outerHTML))));
});
