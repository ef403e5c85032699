/** Tables and charts into nodes. */

import { h } from "./dom.js";
import { richText } from "./richtext.js";

/** @param {object} block a table @param {import("./mrkdwn.js").Names} names */
export function table(block, names) {
  const [head, ...rows] = block.rows ?? [];
  const align = (index) => ({ "text-align": block.column_settings?.[index]?.align ?? "left" });
  const line = (tag, cells) => h("tr", {}, (cells ?? []).map((cell, index) => h(tag, { style: align(index), scope: tag === "th" ? "col" : null }, written(cell, names))));
  return h("div", { class: "block block-table", tabindex: "0", role: "group", "aria-label": "Table" }, h("table", {}, h("thead", {}, line("th", head)), h("tbody", {}, rows.map((row) => line("td", row)))));
}

/** A table that is turned page by page, below its caption. */
export function dataTable(block, names) {
  const [head = [], ...rows] = block.rows ?? [];
  const size = block.page_size ?? 5;
  const pages = Math.max(Math.ceil(rows.length / size), 1);
  const named = block.row_header_column_index ?? 0;
  const cell = (one, index) => h(index === named ? "th" : "td", { scope: index === named ? "row" : null, style: { "text-align": one.type === "raw_number" ? "right" : "left" } }, written(one, names));
  const body = h("tbody");
  const where = h("span", { class: "muted", role: "status" });
  const turn = (label, step) => h("button", { type: "button", class: "button", on: { click: () => show(page + step) } }, label);
  const [back, on] = [turn("Previous page", -1), turn("Next page", 1)];
  let page = 0;
  function show(next) {
    page = next;
    body.replaceChildren(...rows.slice(page * size, (page + 1) * size).map((row) => h("tr", {}, row.map(cell))));
    where.textContent = `Page ${page + 1} of ${pages}`;
    back.disabled = page === 0;
    on.disabled = page === pages - 1;
  }
  show(0);
  const drawn = h("table", {}, h("caption", {}, block.caption ?? ""), h("thead", {}, h("tr", {}, head.map((name) => h("th", { scope: "col" }, written(name, names))))), body);
  const bar = pages > 1 ? h("div", { class: "table-pages" }, back, where, on) : null;
  return h("div", { class: "block" }, h("div", { class: "block-table", tabindex: "0", role: "group", "aria-label": block.caption ?? "Table" }, drawn), bar);
}

function written(cell, names) {
  return cell.type === "rich_text" ? richText(cell, names) : (cell.text ?? "");
}

/** A chart, drawn as bars whatever its kind: each with its label and its value in words. */
export function chart(block) {
  const { series = [], segments = [], axis_config: axes } = block.chart ?? {};
  const all = series.length ? series : [{ name: "", data: segments }];
  const most = Math.max(...all.flatMap((one) => one.data.map((point) => point.value)), 0) || 1;
  const bar = (name, point) => {
    const told = point.value.toLocaleString("en-US", { maximumFractionDigits: 2 });
    return h("div", { class: "chart-bar" }, h("dt", {}, all.length > 1 ? `${point.label}, ${name}` : point.label), h("dd", {}, h("span", { class: "chart-fill", style: { width: `${(Math.max(point.value, 0) / most) * 70}%` } }), h("span", { class: "chart-value" }, told)));
  };
  const title = axes?.y_label ? `${block.title} (${axes.y_label})` : block.title;
  return h("figure", { class: "block block-chart" }, h("figcaption", {}, title), h("dl", {}, all.flatMap((one) => one.data.map((point) => bar(one.name, point)))));
}
