/** Switches that slow down, fail or lose things at Slack, at sync.so and elsewhere, drawn from what each side offers. */

import { fill, h, uniqueId } from "./dom.js";
import { getJson, postJson } from "./api.js";
import { choiceWords, settingsLine, settingWords, spaced } from "./fault-words.js";
import { mrkdwn } from "./mrkdwn.js";
import { toast } from "./notices.js";

const POLL_MS = 2500;

/**
 * @typedef {{name: string, title: string, description: string, group?: string, active: boolean, params: object, choices: object}} Switch
 */

/** Each side's words for a list of switches and for turning one. */
export const DIALECTS = {
  slack: {
    read: ({ faults }) => faults.map((one) => ({ title: spaced(one.name), choices: {}, params: {}, ...one })),
    write: ({ name, active, params }) => ({ name, active, params }),
  },
  sync: {
    read: ({ switches, routes }) =>
      switches.map((one) => ({
        name: one.name,
        title: one.title ?? spaced(one.name),
        description: one.does,
        group: one.group,
        active: one.on,
        params: { ...one.settings, times: one.times ?? 0 },
        choices: "route" in one.settings ? { route: routes } : {},
      })),
    write: ({ name, active, params: { times, ...settings } }) => ({ name, on: active, times: times > 0 ? times : null, settings }),
  },
};

/** The switches of one side. */
export class FaultList {
  /**
   * @param {string} title
   * @param {string} url
   * @param {{read: Function, write: Function}} dialect
   * @param {() => void} changed told whenever the number of switches that are on may have changed
   */
  constructor(title, url, dialect, changed = () => {}) {
    Object.assign(this, { title, url, dialect, changed });
    this.rows = new Map();
    this.groups = [];
    this.word = "";
    this.body = h("div", { class: "faults-list" });
    this.node = h("section", { class: "faults", "aria-label": `Faults at ${title}` }, h("h3", { class: "faults-title" }, title), this.body);
  }

  /** The titles of the switches that are on. */
  get on() {
    return [...this.rows.values()].filter((row) => row.active).map((row) => row.title);
  }

  /** Reads the switches now and then again, since some switch themselves off when used up. */
  start() {
    if (this.timer) return;
    const read = async () => {
      await this.load();
      if (this.timer) this.timer = window.setTimeout(read, POLL_MS);
    };
    this.timer = window.setTimeout(read, 0);
  }

  stop() {
    window.clearTimeout(this.timer);
    this.timer = 0;
  }

  /** Shows only the switches that have a word in their name or description. */
  filter(word) {
    this.word = word.trim().toLowerCase();
    for (const row of this.rows.values()) row.filter(this.word);
    for (const { node, rows } of this.groups) {
      node.hidden = rows.every((row) => row.node.hidden);
      node.open = this.word !== "" || rows.some((row) => row.active);
    }
    this.node.hidden = this.rows.size > 0 && [...this.rows.values()].every((row) => row.node.hidden);
  }

  async load() {
    try {
      this.#show(this.dialect.read(await getJson(this.url)));
    } catch (error) {
      this.rows.clear();
      fill(this.body, h("p", { class: "muted" }, `The switches cannot be read: ${error.message}`));
    }
    this.changed();
  }

  #show(switches) {
    if (this.rows.size === 0) this.#build(switches);
    for (const one of switches) this.rows.get(one.name)?.update(one);
  }

  /** Switches that name a group stand under its heading, which can be folded; the others stand as they are. */
  #build(switches) {
    const names = [...new Set(switches.map((one) => one.group ?? ""))];
    this.groups = [];
    fill(this.body);
    for (const name of names) {
      const rows = switches.filter((one) => (one.group ?? "") === name).map((one) => new FaultRow(one, (change) => this.#turn(change)));
      for (const row of rows) this.rows.set(row.name, row);
      const list = h("div", { class: "faults-rows" }, rows.map((row) => row.node));
      if (!name) this.body.append(list);
      else {
        const node = h("details", { class: "fault-group", open: switches.some((one) => one.active && one.group === name) }, h("summary", {}, h("span", {}, name), h("span", { class: "fault-count" }, String(rows.length))), list);
        this.groups.push({ node, rows });
        this.body.append(node);
      }
    }
    if (this.word) this.filter(this.word);
  }

  async #turn(change) {
    try {
      await postJson(this.url, this.dialect.write(change));
    } catch (error) {
      toast(error.message, "error");
    }
    await this.load();
  }

  async allOff() {
    for (const row of this.rows.values()) if (row.active) await this.#turn({ name: row.name, active: false, params: {} });
  }
}

class FaultRow {
  constructor(one, turn) {
    this.name = one.name;
    this.title = one.title;
    this.words = `${one.title} ${one.description} ${one.name} ${one.group ?? ""}`.toLowerCase();
    this.inputs = new Map();
    const id = uniqueId("fault");
    this.toggle = h("input", { type: "checkbox", role: "switch", id, class: "switch", "aria-describedby": `${id}-d`, data: { fault: one.name } });
    const send = () => turn({ name: one.name, active: this.toggle.checked, params: this.read() });
    this.toggle.addEventListener("change", send);
    const params = Object.entries(one.params).map(([name, value]) => {
      const input = valueInput(value, one.choices[name], `${id}-${name}`);
      this.inputs.set(name, { input, sample: value });
      input.addEventListener("change", () => {
        this.#summarize();
        if (this.active) send();
      });
      return h("div", { class: `fault-param ${input.type === "checkbox" ? "fault-param-check" : ""}`.trim() }, h("label", { for: input.id }, settingWords(one.name, name)), input);
    });
    this.summary = h("summary", {});
    this.node = h(
      "div",
      { class: "fault" },
      h("div", { class: "fault-row" }, h("label", { for: id, class: "fault-name" }, one.title), this.toggle),
      h("p", { class: "fault-text", id: `${id}-d` }, mrkdwn(one.description, {})),
      params.length ? h("details", { class: "fault-settings" }, this.summary, h("div", { class: "fault-params" }, params)) : null,
    );
  }

  update(one) {
    this.active = one.active;
    this.toggle.checked = one.active;
    this.node.classList.toggle("fault-on", one.active);
    const editing = this.node.contains(document.activeElement) && document.activeElement !== this.toggle;
    for (const [name, { input }] of this.inputs) {
      if (editing || !one.active) continue;
      if (input.type === "checkbox") input.checked = Boolean(one.params[name]);
      else input.value = String(one.params[name] ?? "");
    }
    this.#summarize(one.active ? one.params : this.read());
  }

  #summarize(params = this.read()) {
    const line = settingsLine(this.name, params);
    fill(this.summary, line ? h("span", {}, line) : h("span", {}, "Settings"));
  }

  filter(word) {
    this.node.hidden = Boolean(word) && !this.words.includes(word);
  }

  read() {
    return Object.fromEntries([...this.inputs].map(([name, { input, sample }]) => [name, readValue(input, sample)]));
  }
}

function valueInput(value, choices, id) {
  if (choices) return h("select", { id, class: "select" }, choices.map((one) => h("option", { value: one, selected: one === value }, choiceWords(one))));
  if (typeof value === "boolean") return h("input", { id, type: "checkbox", checked: value });
  if (typeof value === "number") return h("input", { id, type: "number", step: "any", class: "field", value: String(value) });
  return h("input", { id, type: "text", class: "field", value: String(value) });
}

function readValue(input, sample) {
  if (input.type === "checkbox") return input.checked;
  return typeof sample === "number" ? Number(input.value) : input.value;
}
