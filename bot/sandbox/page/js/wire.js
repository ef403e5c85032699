/** The wire: what went between the app and the two services, newest at the end. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { getJson } from "./api.js";

const MOST = 400;
const POLL_MS = 1200;
const KNOWN = new Set(["seq", "at", "side", "direction", "title", "method", "path", "status", "ms", "type", "wire_seq"]);
const SIDES = { slack: "Slack", sync: "sync.so" };

export class Wire {
  /** @param {string} syncUrl where the fake sync.so's control is reached */
  constructor(syncUrl) {
    this.syncUrl = syncUrl;
    this.filter = "all";
    this.paused = false;
    this.seen = { slack: 0, sync: 0 };
    this.list = h("ol", { class: "wire-list", "aria-label": "Wire log" });
    this.empty = h("p", { class: "muted wire-empty" }, "Nothing yet. Use the app, and every call shows up here.");
    this.pauseButton = h("button", { type: "button", class: "button button-small", "aria-pressed": "false", on: { click: () => this.#pause() } }, icon("pause", 14), "Pause");
    this.node = h(
      "div",
      { class: "wire" },
      h("div", { class: "wire-bar" }, this.#filters(), this.pauseButton, h("button", { type: "button", class: "button button-small", on: { click: () => this.#clear() } }, icon("trash", 14), "Clear")),
      h("p", { class: "muted panel-intro" }, "Every call between the app and the two services, as it happens. Open one to see what was said."),
      this.empty,
      this.list,
    );
  }

  #filters() {
    const choices = { all: "All", ...SIDES };
    const buttons = Object.entries(choices).map(([key, label]) =>
      h("button", { type: "button", class: "segment", "aria-pressed": String(key === this.filter), on: { click: () => choose(key) } }, label),
    );
    const choose = (key) => {
      this.filter = key;
      this.node.dataset.filter = key;
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(Object.keys(choices)[index] === key)));
    };
    return h("div", { class: "segments", role: "group", "aria-label": "Which wire" }, buttons);
  }

  #pause() {
    this.paused = !this.paused;
    this.pauseButton.setAttribute("aria-pressed", String(this.paused));
    fill(this.pauseButton, icon(this.paused ? "play" : "pause", 14), this.paused ? "Go on" : "Pause");
  }

  #clear() {
    fill(this.list);
    this.empty.hidden = false;
  }

  /** Begins to read both wires; called when the panel opens. */
  start() {
    if (this.timer) return;
    const read = async () => {
      await Promise.all([this.#read("slack", "/ui/wire"), this.#read("sync", `${this.syncUrl}/wire`)]);
      if (this.timer) this.timer = window.setTimeout(read, POLL_MS);
    };
    this.timer = window.setTimeout(read, 0);
  }

  stop() {
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  async #read(side, url) {
    if (this.paused) return;
    try {
      const answer = await getJson(`${url}?after=${this.seen[side]}`);
      const entries = Array.isArray(answer) ? answer : (answer?.entries ?? []);
      for (const entry of entries) this.#add({ side, ...entry });
    } catch {
      // the next round tries again
    }
  }

  #add(entry) {
    const side = entry.side === "sync" ? "sync" : "slack";
    const number = entry.seq ?? entry.n ?? 0;
    if (number && number <= this.seen[side]) return;
    this.seen[side] = Math.max(this.seen[side], number);
    const end = this.node.closest(".panel-body");
    const follow = end && end.scrollHeight - end.scrollTop - end.clientHeight < 60;
    this.empty.hidden = true;
    this.#insert(entryNode(entry, side));
    while (this.list.childElementCount > MOST) this.list.firstElementChild.remove();
    if (follow) end.scrollTop = end.scrollHeight;
  }

  /** The two sides are read one after the other: each entry goes to its place in time. */
  #insert(node) {
    let after = this.list.lastElementChild;
    while (after && Number(after.dataset.at) > Number(node.dataset.at)) after = after.previousElementSibling;
    if (after) after.after(node);
    else this.list.prepend(node);
  }
}

/** Bodies that are JSON in a text are shown as JSON. */
function opened(value) {
  if (typeof value === "string" && /^[{[]/.test(value)) {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map(opened);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, opened(part)]));
  return value;
}

function entryNode(entry, side) {
  const at = entry.at ? new Date(Number(entry.at) * 1000) : new Date();
  const out = entry.direction === "out";
  const status = entry.status ?? (entry.dropped ? "dropped" : "");
  const title = entry.title ?? ([entry.method, entry.path].filter(Boolean).join(" ") || "Message");
  const rest = Object.fromEntries(Object.entries(entry).filter(([key, value]) => !KNOWN.has(key) && value !== null && value !== undefined && value !== false));
  return h(
    "li",
    { class: `wire-entry wire-${side}`, data: { side, at: String(at.getTime()) } },
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("span", { class: "wire-side" }, SIDES[side]),
        h("span", { class: "wire-arrow", role: "img", "aria-label": out ? "to the app" : "from the app" }, out ? "→ app" : "app →"),
        h("span", { class: "wire-title" }, title),
        h("span", { class: `wire-status ${isBad(status) ? "wire-bad" : ""}`.trim() }, String(status)),
        h("span", { class: "wire-ms" }, [entry.ms === undefined || entry.ms === null ? "" : `${Math.round(entry.ms)} ms · `, at.toLocaleTimeString()]),
      ),
      h("pre", { class: "wire-body", tabindex: "0" }, JSON.stringify(opened(rest), null, 2)),
    ),
  );
}

function isBad(status) {
  return Number(status) >= 400 || (typeof status === "string" && status !== "" && status !== "ok" && Number.isNaN(Number(status)));
}
