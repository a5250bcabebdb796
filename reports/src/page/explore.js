// The figure whose axes and colours the reader chooses.
const SVG = "http://www.w3.org/2000/svg";
const PREFIXES = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"], [1e-15, "f"]];
const FRAME = { height: 420, left: 74, right: 18, top: 14, bottom: 52 };
// As the other figures: on a phone narrower, with letters as large.
const PHONE = window.matchMedia("(max-width: 640px)");
const frameWidth = () => (PHONE.matches ? 360 : 720);
function scaleOf(size, unit) {
  if (unit === "%") return [0.01, "%"];
  if (!["s", "J", "W"].includes(unit) || size === 0) return [1, unit];
  const [factor, prefix] = PREFIXES.find(([least]) => size >= least * (1 - 1e-12) && (unit !== "s" || least <= 1)) || [1e-15, "f"];
  return [factor, prefix + unit];
}
function digits(number) {
  const size = Math.abs(number);
  const text = size !== 0 && (size >= 1e9 || size < 1e-3) ? number.toExponential(2) : String(Number(number.toPrecision(4)));
  return text.replace("-", "−");
}
function written(value, unit) {
  const [factor, name] = scaleOf(Math.abs(value), unit);
  return unit === "%" ? `${(value * 100).toFixed(1)} %` : `${digits(value / factor)} ${name}`.trim();
}
// An axis over numbers, or over words: ticks, and the place of a value from 0 to 1.
function axisOf(column, numbers) {
  if (column.words) {
    const ticks = column.words.map((word, place) => [place, word]);
    return { ticks, title: column.label, place: (value) => (value + 0.5) / column.words.length };
  }
  let low = Math.min(...ends(numbers, Math.min)), high = Math.max(...ends(numbers, Math.max));
  const log = low > 0 && high / low > 30;
  if (log) {
    const [from, to] = [Math.log10(low) - 0.05, Math.log10(high) + 0.05];
    const stride = Math.ceil((to - from) / 6) || 1;
    const steps = to - from < 2.5 ? [1, 2, 5] : [1];
    const ticks = [];
    for (let decade = Math.floor(from); decade <= to; decade += stride)
      for (const step of steps) ticks.push(step * 10 ** decade);
    const shown = ticks.filter((tick) => Math.log10(tick) >= from && Math.log10(tick) <= to);
    const place = (value) => (Math.log10(value) - from) / (to - from);
    return { ticks: shown.map((tick) => [tick, written(tick, column.unit)]), title: `${column.label} (log scale)`, place };
  }
  const air = (high - low) * 0.06 || Math.abs(high) * 0.05 || 0.5;
  const most = column.unit === "%" && high <= 1 ? 1 : Infinity;
  [low, high] = [low >= 0 ? Math.max(0, low - air) : low - air, Math.min(most, high + air)];
  const [factor, unit] = scaleOf(Math.max(Math.abs(low), Math.abs(high)), column.unit);
  const rough = (high - low) / factor / 6;
  const step = [1, 2, 5, 10].map((of) => of * 10 ** Math.floor(Math.log10(rough))).find((of) => of >= rough);
  const ticks = [];
  for (let at = Math.ceil(low / factor / step); at * step * factor <= high * (1 + 1e-12); at += 1) ticks.push([at * step * factor, digits(at * step)]);
  return { ticks, title: unit ? `${column.label} (${unit})` : column.label, place: (value) => (value - low) / (high - low) };
}
// The extremes of long lists: as arguments of one call there would be too many.
function ends(numbers, pick) {
  return [numbers.reduce((found, number) => pick(found, number), numbers[0])];
}
function draw(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
function choiceOf(label, columns, chosen, changed) {
  const select = document.createElement("select");
  for (const column of columns) select.append(new Option(column.label, column.name, false, column.name === chosen));
  select.addEventListener("change", changed);
  const made = document.createElement("label");
  made.append(`${label} `, select);
  return [made, () => columns[select.selectedIndex]];
}
class Explorer {
  constructor(section) {
    Object.assign(this, JSON.parse(section.dataset.explore));
    for (const column of this.columns) column.unsteady = new Set(column.unsteady);
    const numeric = this.columns.filter((column) => !column.words);
    const keys = numeric.filter((column) => column.key);
    const metric = (numeric.find((column) => !column.key && column.name === "correct") || numeric.find((column) => !column.key)).name;
    const colours = [{ label: "kind", name: "" }, ...this.columns.filter((column) => column.key && column.name !== "kind")];
    const redraw = () => this.redraw();
    const [x, xOf] = choiceOf("Horizontal", this.columns, (keys[0] || this.columns[0]).name, redraw);
    const [y, yOf] = choiceOf("Vertical", numeric, metric, redraw);
    const [by, byOf] = choiceOf("Colour", colours, "", redraw);
    Object.assign(this, { xOf, yOf, byOf });
    const filter = document.createElement("input");
    filter.type = "search";
    filter.placeholder = "filter design points";
    filter.setAttribute("aria-label", "Filter design points");
    this.filter = filter;
    const rows = document.querySelector("#points .tools input");
    if (rows) {
      filter.addEventListener("input", () => { rows.value = filter.value; rows.dispatchEvent(new Event("input")); });
      rows.addEventListener("input", () => { filter.value = rows.value; redraw(); });
    } else filter.addEventListener("input", redraw);
    this.figure = document.createElement("figure");
    this.figure.id = "explored";
    this.wide = document.createElement("div");
    this.wide.className = "wide";
    this.legend = document.createElement("p");
    this.caption = document.createElement("figcaption");
    this.table = document.createElement("table");
    const values = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = "Its values";
    const scroll = document.createElement("div");
    scroll.className = "wide";
    scroll.tabIndex = 0;
    scroll.append(this.table);
    values.append(summary, button("Save as CSV", () => save("explored.csv", "text/csv", csv(this.table))), scroll);
    this.figure.append(this.legend, this.wide, this.caption, downloadsOf(this.figure));
    section.append(tools(x, y, by, filter), this.figure, values);
    section.hidden = false;
    PHONE.addEventListener("change", redraw);
    this.redraw();
  }
  // Design points that the table of design points shows; beyond its rows, those whose label has the words of the filter.
  shown() {
    if (!this.rows) this.rows = new Map([...document.querySelectorAll("tr[data-point]")].map((row) => [Number(row.dataset.point), row]));
    const words = this.filter.value.toLowerCase().split(" ");
    const matches = (index) => words.every((word) => this.labels[index].toLowerCase().includes(word));
    const row = (index) => this.rows.get(this.points[index]);
    return this.labels.map((_, index) => index).filter((index) => (row(index) ? !row(index).hidden : matches(index)));
  }
  colourOf(index) {
    const by = this.byOf();
    if (!by.name) return this.colours[this.kind[index]];
    const value = by.values[index];
    const place = by.words ? value : this.steps.indexOf(value);
    return value === null ? "#555555" : this.palette[place % this.palette.length];
  }
  redraw() {
    const [x, y, by] = [this.xOf(), this.yOf(), this.byOf()];
    this.steps = by.name && !by.words ? [...new Set(by.values)].filter((value) => value !== null).sort((a, b) => a - b) : [];
    const shown = this.shown();
    const drawn = shown.filter((index) => x.values[index] !== null && y.values[index] !== null);
    drawn.sort((a, b) => x.values[a] - x.values[b]);
    this.caption.textContent = `${y.label} over ${x.label}: ${drawn.length} of ${this.labels.length} design points` +
      (drawn.length < shown.length ? `; ${shown.length - drawn.length} have no value, or an overloaded place.` : ".") +
      (drawn.some((index) => this.varies(x, index) || this.varies(y, index)) ? " A hollow dot is not steady: a longer run would change it." : "");
    this.key(by, drawn);
    this.fill(x, y, drawn);
    this.plot(x, y, drawn);
  }
  // Colours with their words.
  key(by, drawn) {
    const words = by.name ? by.words || this.steps.map(String) : this.kinds;
    const used = new Set(drawn.map((index) => this.colourOf(index)));
    const entry = (word, place) => {
      const colour = by.name ? this.palette[place % this.palette.length] : this.colours[place];
      if (!used.has(colour)) return [];
      const dot = draw("svg", { width: 12, height: 12, viewBox: "0 0 12 12", "aria-hidden": "true" }, draw("circle", { cx: 6, cy: 6, r: 5, fill: colour }));
      const made = document.createElement("span");
      made.append(dot, ` ${word}`);
      return [made];
    };
    this.legend.replaceChildren(...words.flatMap(entry));
    this.legend.className = "legend";
  }
  text(column, index) {
    return column.words ? column.words[column.values[index]] : written(column.values[index], column.unit);
  }
  // Whether a longer run would change the value.
  varies(column, index) {
    return column.unsteady.has(index);
  }
  range(column, index) {
    if (this.varies(column, index)) return " (not steady)";
    if (!column.low || column.low[index] === column.high[index]) return "";
    return ` (${written(column.low[index], column.unit)} to ${written(column.high[index], column.unit)})`;
  }
  says(x, y, index) {
    return `${this.labels[index]}: ${x.label} ${this.text(x, index)}, ${y.label} ${this.text(y, index)}${this.range(y, index)}`;
  }
  fill(x, y, drawn) {
    const row = (cells, name) => {
      const made = document.createElement("tr");
      for (const content of cells) {
        const cell = document.createElement(name);
        cell.textContent = content;
        made.append(cell);
      }
      return made;
    };
    const head = document.createElement("thead"), body = document.createElement("tbody");
    head.append(row(["Design point", x.label, y.label, "95 % interval"], "th"));
    body.append(...drawn.slice(0, 1000).map((index) => row([this.labels[index], this.text(x, index), this.text(y, index), this.range(y, index)], "td")));
    this.table.replaceChildren(head, body);
  }
  plot(x, y, drawn) {
    const { height, left, right, top, bottom } = FRAME;
    const width = frameWidth();
    const svg = draw("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: 0, "font-family": "Helvetica, Arial, sans-serif", "font-size": 11.5, fill: "#222222" });
    svg.setAttribute("aria-label", this.caption.textContent);
    svg.append(draw("rect", { width, height, fill: "#ffffff" }));
    this.wide.replaceChildren(svg);
    if (!drawn.length) return svg.append(draw("text", { x: width / 2, y: height / 2, "text-anchor": "middle" }, "no design point has both values"));
    const all = (column) => drawn.flatMap((index) => [column, ...(column.low ? ["low", "high"] : [])].map((end) => (end === column ? column.values : column[end])[index]));
    const [across, up] = [axisOf(x, all(x)), axisOf(y, all(y))];
    const atX = (value) => left + across.place(value) * (width - left - right);
    const atY = (value) => height - bottom - up.place(value) * (height - top - bottom);
    let free = -Infinity;
    for (const [value, label] of across.ticks) {
      const at = atX(value), half = label.length * 3.2;
      svg.append(draw("path", { d: `M${at} ${top}V${height - bottom}`, stroke: "#e3e3e3" }));
      if (at - half < free) continue;
      svg.append(draw("text", { x: at, y: height - bottom + 17, "text-anchor": "middle" }, label));
      free = at + half + 6;
    }
    for (const [value, label] of up.ticks) {
      svg.append(draw("path", { d: `M${left} ${atY(value)}H${width - right}`, stroke: "#e3e3e3" }));
      svg.append(draw("text", { x: left - 7, y: atY(value) + 4, "text-anchor": "end" }, label));
    }
    svg.append(draw("path", { d: `M${left} ${top}V${height - bottom}H${width - right}`, stroke: "#222222", fill: "none" }));
    svg.append(draw("text", { x: (left + width - right) / 2, y: height - 12, "text-anchor": "middle" }, across.title));
    svg.append(draw("text", { transform: `translate(14 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, up.title));
    this.lines(x, drawn, svg, (index) => `${atX(x.values[index])} ${atY(y.values[index])}`, y);
    const points = drawn.map((index) => {
      const colour = this.colourOf(index), [cx, cy] = [atX(x.values[index]), atY(y.values[index])];
      if (y.low) svg.append(draw("path", { d: `M${cx} ${atY(y.low[index])}V${atY(y.high[index])}`, stroke: colour }));
      const isHollow = this.varies(x, index) || this.varies(y, index);
      const look = isHollow ? { fill: "#ffffff", stroke: colour, "stroke-width": 1.6 } : { fill: colour, stroke: "#ffffff", "stroke-width": 0.8 };
      const point = draw("circle", { class: "hint", cx, cy, r: drawn.length > 400 ? 2.5 : 4.5, ...look });
      point.append(draw("title", {}, this.says(x, y, index)));
      return point;
    });
    svg.append(...points);
    let current = -1;
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      current = current < 0 && step < 0 ? points.length - 1 : (current + step + points.length) % points.length;
      pointAt(points[current]);
    });
    svg.addEventListener("blur", () => pointAt(null));
  }
  // Joins design points that differ in the horizontal axis alone, if that is a key.
  lines(x, drawn, svg, at, y) {
    if (!x.key || x.words) return;
    const others = this.columns.filter((column) => column.key && column !== x);
    const groups = new Map();
    const shown = this.shown().filter((index) => x.values[index] !== null).sort((a, b) => x.values[a] - x.values[b]);
    for (const index of shown) {
      const rest = others.map((column) => column.values[index]).join();
      if (!groups.has(rest)) groups.set(rest, []);
      groups.get(rest).push(index);
    }
    for (const group of groups.values()) {
      // A line breaks where there is no value that holds.
      let path = "", joined = false;
      for (const index of group) {
        const holds = y.values[index] !== null && !this.varies(y, index);
        if (holds) path += `${joined ? "L" : "M"}${at(index)}`;
        joined = holds;
      }
      if (path.includes("L")) svg.append(draw("path", { d: path, fill: "none", stroke: this.colourOf(group[0]), "stroke-width": 1.6 }));
    }
  }
}
const explored = document.querySelector("#explore");
if (explored) {
  new Explorer(explored);
  const item = document.createElement("li"), link = document.createElement("a");
  link.href = "#explore";
  link.textContent = "Explore";
  item.append(link);
  document.querySelector("nav ul").prepend(item);
}
