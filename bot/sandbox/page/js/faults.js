/** Switches that slow down, fail or lose things at Slack or at sync.so, drawn from what each side offers. */

import { fill, h, uniqueId } from "./dom.js";
import { getJson, postJson } from "./api.js";
import { toast } from "./notices.js";

const POLL_MS = 2500;

/**
 * @typedef {{name: string, title: string, description: string, active: boolean, params: object, choices: object}} Switch
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
        title: spaced(one.name),
        description: one.does,
        active: one.on,
        params: { ...one.settings, times: one.times ?? 0 },
        choices: "route" in one.settings ? { route: routes } : {},
      })),
    write: ({ name, active, params: { times, ...settings } }) => ({ name, on: active, times: times > 0 ? times : null, settings }),
  },
};

function spaced(name) {
  const text = name.replaceAll(/[_-]+/g, " ");
  return text[0].toUpperCase() + text.slice(1);
}

const PARAM_NAMES = { times: "Times (0: until off)", seconds: "Seconds", retry_after: "Retry after (s)", bytes_per_s: "Bytes a second" };

/** The switches of one side. */
export class FaultList {
  /** @param {string} title @param {string} url @param {{read: Function, write: Function}} dialect */
  constructor(title, url, dialect) {
    Object.assign(this, { title, url, dialect });
    this.rows = new Map();
    this.body = h("div", { class: "faults-list" });
    this.allOff = h("button", { type: "button", class: "button button-small", hidden: true, on: { click: () => this.#allOff() } }, "Switch all off");
    this.node = h("section", { class: "faults", "aria-label": `Faults at ${title}` }, h("div", { class: "faults-head" }, h("h3", { class: "faults-title" }, title), this.allOff), this.body);
  }

  /** Reads the switches now and then again, since some switch themselves off when used up. */
  start() {
    if (this.timer) return;
    const read = async () => {
      await this.#load();
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
    for (const row of this.rows.values()) row.filter(word.trim().toLowerCase());
  }

  async #load() {
    try {
      this.#show(this.dialect.read(await getJson(this.url)));
    } catch (error) {
      this.rows.clear();
      fill(this.body, h("p", { class: "muted" }, `The switches cannot be read: ${error.message}`));
    }
  }

  #show(switches) {
    if (this.rows.size === 0) {
      for (const one of switches) this.rows.set(one.name, new FaultRow(one, (change) => this.#turn(change)));
      fill(this.body, [...this.rows.values()].map((row) => row.node));
    }
    for (const one of switches) this.rows.get(one.name)?.update(one);
    this.allOff.hidden = !switches.some((one) => one.active);
  }

  async #turn(change) {
    try {
      await postJson(this.url, this.dialect.write(change));
    } catch (error) {
      toast(error.message, "error");
    }
    await this.#load();
  }

  async #allOff() {
    for (const row of this.rows.values()) if (row.active) await this.#turn({ name: row.name, active: false, params: {} });
  }
}

class FaultRow {
  constructor(one, turn) {
    this.name = one.name;
    this.words = `${one.title} ${one.description}`.toLowerCase();
    this.inputs = new Map();
    const id = uniqueId("fault");
    this.toggle = h("input", { type: "checkbox", role: "switch", id, class: "switch", "aria-describedby": `${id}-d`, data: { fault: one.name } });
    const send = () => turn({ name: one.name, active: this.toggle.checked, params: this.#read() });
    this.toggle.addEventListener("change", send);
    const params = Object.entries(one.params).map(([name, value]) => {
      const input = valueInput(value, one.choices[name], `${id}-${name}`);
      this.inputs.set(name, { input, sample: value });
      input.addEventListener("change", () => this.active && send());
      return h("div", { class: "fault-param" }, h("label", { for: input.id }, PARAM_NAMES[name] ?? spaced(name)), input);
    });
    this.summary = h("summary", {});
    this.node = h(
      "div",
      { class: "fault" },
      h("div", { class: "fault-row" }, h("label", { for: id, class: "fault-name" }, one.title), this.toggle),
      h("p", { class: "fault-text", id: `${id}-d` }, one.description),
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
    const shown = Object.entries(one.active ? one.params : this.#read()).filter(([name, value]) => value !== "" && value !== false && !(name === "times" && value === 0));
    this.summary.textContent = shown.length ? shown.map(([name, value]) => `${spaced(name).toLowerCase()} ${value === "*" ? "any" : value}`).join(" · ") : "Settings";
  }

  filter(word) {
    this.node.hidden = Boolean(word) && !this.words.includes(word);
  }

  #read() {
    return Object.fromEntries([...this.inputs].map(([name, { input, sample }]) => [name, readValue(input, sample)]));
  }
}

function valueInput(value, choices, id) {
  if (choices) return h("select", { id, class: "select" }, choices.map((one) => h("option", { value: one, selected: one === value }, one === "*" ? "any" : one)));
  if (typeof value === "boolean") return h("input", { id, type: "checkbox", checked: value });
  if (typeof value === "number") return h("input", { id, type: "number", step: "any", class: "field", value: String(value) });
  return h("input", { id, type: "text", class: "field", value: String(value) });
}

function readValue(input, sample) {
  if (input.type === "checkbox") return input.checked;
  return typeof sample === "number" ? Number(input.value) : input.value;
}
