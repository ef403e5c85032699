/** Switches that slow down, fail or lose things at Slack or at sync.so, drawn from what each side offers. */

import { fill, h, uniqueId } from "./dom.js";
import { getJson, postJson } from "./api.js";
import { toast } from "./notices.js";

const listOf = (answer) => (Array.isArray(answer) ? answer : (answer?.faults ?? []));
const words = (name) => {
  const text = name.replaceAll(/[_-]+/g, " ");
  return text[0].toUpperCase() + text.slice(1);
};

export class FaultList {
  /** @param {string} title @param {string} url */
  constructor(title, url) {
    this.title = title;
    this.url = url;
    this.body = h("div", { class: "faults-list" });
    this.node = h("section", { class: "faults", "aria-label": `Faults at ${title}` }, h("h3", { class: "faults-title" }, title), this.body);
  }

  async load() {
    try {
      this.#draw(listOf(await getJson(this.url)));
    } catch (error) {
      fill(this.body, h("p", { class: "muted" }, `No switches: ${error.message}`));
    }
  }

  #draw(faults) {
    if (faults.length === 0) return fill(this.body, h("p", { class: "muted" }, "No switches here."));
    return fill(this.body, faults.map((fault) => this.#fault(fault)));
  }

  #fault(fault) {
    const id = uniqueId("fault");
    const inputs = new Map();
    const toggle = h("input", { type: "checkbox", role: "switch", id, class: "switch", checked: Boolean(fault.active), "aria-describedby": `${id}-d`, data: { fault: fault.name } });
    const params = Object.entries(fault.params ?? {});
    const read = () => Object.fromEntries([...inputs].map(([name, input]) => [name, readValue(input, fault.params[name])]));
    const send = () => this.#set({ name: fault.name, active: toggle.checked, params: read() }, toggle);
    toggle.addEventListener("change", send);
    const rows = params.map(([name, value]) => {
      const input = valueInput(value, fault.choices?.[name], `${id}-${name}`);
      inputs.set(name, input);
      input.addEventListener("change", () => toggle.checked && send());
      return h("div", { class: "fault-param" }, h("label", { for: `${id}-${name}` }, words(name)), input);
    });
    return h(
      "div",
      { class: `fault ${fault.active ? "fault-on" : ""}`.trim() },
      h("div", { class: "fault-row" }, h("label", { for: id, class: "fault-name" }, fault.title ?? words(fault.name)), toggle),
      fault.description ? h("p", { class: "fault-text", id: `${id}-d` }, fault.description) : null,
      rows.length ? h("div", { class: "fault-params" }, rows) : null,
    );
  }

  async #set(change, toggle) {
    try {
      const answer = await postJson(this.url, change);
      toggle.closest(".fault").classList.toggle("fault-on", toggle.checked);
      const faults = listOf(answer);
      if (faults.length && !toggle.closest(".fault").contains(document.activeElement)) this.#draw(faults);
    } catch (error) {
      toggle.checked = !toggle.checked;
      toast(error.message, "error");
    }
  }
}

function valueInput(value, choices, id) {
  if (choices) return h("select", { id, class: "select" }, choices.map((one) => h("option", { value: String(one), selected: String(one) === String(value) }, String(one))));
  if (typeof value === "boolean") return h("input", { id, type: "checkbox", checked: value });
  if (typeof value === "number") return h("input", { id, type: "number", step: "any", class: "field", value: String(value) });
  return h("input", { id, type: "text", class: "field", value: value === null ? "" : String(value) });
}

function readValue(input, before) {
  if (input.type === "checkbox") return input.checked;
  if (typeof before === "number") return Number(input.value);
  return before === null && input.value === "" ? null : input.value;
}
