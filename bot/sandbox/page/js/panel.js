/** The side panel "Faults and wire". It stands beside the channel and the thread, or below them where there is no room. */

import { fill, h, hiddenText } from "./dom.js";
import { icon } from "./icons.js";
import { DIALECTS, FaultList } from "./faults.js";
import { Wire } from "./wire.js";

export class Panel {
  /** The buttons that open it, `.panel-button`, must be in the page. @param {object} bootstrap */
  constructor(bootstrap) {
    const sync = bootstrap.sync_control_url ?? "/ui/sync";
    this.node = document.getElementById("panel");
    this.buttons = [...document.querySelectorAll(".panel-button")];
    const changed = () => this.#drawOn();
    this.faults = [new FaultList("sync.so", `${sync}/faults`, DIALECTS.sync, changed), new FaultList("Slack", "/ui/faults", DIALECTS.slack, changed)];
    if (bootstrap.machine_url) this.faults.push(new FaultList("Machine", bootstrap.machine_url, DIALECTS.slack, changed));
    this.wire = new Wire(sync);
    this.#build();
    for (const button of this.buttons) button.addEventListener("click", () => (this.node.hidden ? this.open() : this.close()));
    for (const list of this.faults) list.load();
  }

  #build() {
    const close = h("button", { type: "button", class: "button button-icon", "aria-label": "Close panel", on: { click: () => this.close() } }, icon("close"));
    const intro = h("p", { class: "muted panel-intro" }, "Break things on purpose and watch what the app tells people. A switch stays on until you turn it off, or for as many times as its settings say.");
    const find = h("input", { type: "search", class: "field panel-find", placeholder: "Find a switch", "aria-label": "Find a switch" });
    find.addEventListener("input", () => this.faults.forEach((list) => list.filter(find.value)));
    this.onText = h("span", { class: "panel-on-text" });
    this.on = h("div", { class: "panel-on", role: "status", hidden: true }, icon("warning", 16), this.onText, h("button", { type: "button", class: "button button-small", on: { click: () => this.#allOff() } }, "Switch all off"));
    const pages = { Faults: h("div", {}, intro, find, this.faults.map((list) => list.node)), Wire: this.wire.node };
    const tabs = Object.entries(pages).map(([name, page]) => this.#tab(name, page));
    this.tabs = tabs;
    this.body = h("div", { class: "panel-body" }, Object.values(pages));
    fill(
      this.node,
      h("header", { class: "pane-head" }, h("h2", { class: "pane-title" }, "Faults and wire"), close),
      h("div", { class: "tabs", role: "tablist", "aria-label": "Faults and wire", on: { keydown: (event) => this.#keys(event) } }, tabs),
      this.on,
      this.body,
    );
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    this.#choose(tabs[0]);
  }

  #tab(name, page) {
    const id = `tab-${name.toLowerCase()}`;
    page.id = `${id}-page`;
    page.setAttribute("role", "tabpanel");
    page.setAttribute("aria-labelledby", id);
    const tab = h("button", { type: "button", class: "tab", role: "tab", id, "aria-controls": page.id }, name);
    tab.page = page;
    tab.addEventListener("click", () => this.#choose(tab));
    return tab;
  }

  #choose(tab) {
    for (const other of this.tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      other.page.hidden = !chosen;
    }
    if (!this.node.hidden) this.body.scrollTop = tab.page === this.wire.node ? this.body.scrollHeight : 0;
  }

  #keys(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const index = this.tabs.indexOf(document.activeElement);
    const tab = this.tabs.at((index + step) % this.tabs.length);
    this.#choose(tab);
    tab.focus();
    event.preventDefault();
  }

  /** Which switches are on is told at the panel's top, and as a number at its button while the panel is closed. */
  #drawOn() {
    // a switch that is on may use itself up while the panel is closed
    if (this.node.hidden) for (const list of this.faults) (list.on.length ? list.start() : list.stop());
    const on = this.faults.flatMap((list) => list.on);
    const text = on.length ? `On: ${on.join(", ")}` : "";
    if (text === this.onText.textContent && this.drawn) return;
    this.drawn = true;
    this.on.hidden = on.length === 0;
    fill(this.onText, text);
    for (const button of this.buttons) {
      const number = on.length ? [h("span", { class: "panel-count", "aria-hidden": "true" }, String(on.length)), hiddenText(` (${on.length} on)`)] : null;
      fill(button, icon("pulse", 16), h("span", { class: "panel-button-text" }, "Faults and wire"), number);
    }
  }

  async #allOff() {
    for (const list of this.faults) await list.allOff();
    this.tabs[0].focus();
  }

  #showing(shown) {
    this.node.hidden = !shown;
    document.body.classList.toggle("has-panel", shown);
    for (const button of this.buttons) button.setAttribute("aria-expanded", String(shown));
  }

  open() {
    this.#showing(true);
    for (const list of this.faults) list.start();
    this.wire.start();
    this.tabs.find((tab) => tab.tabIndex === 0).focus();
  }

  close() {
    this.#showing(false);
    this.wire.stop();
    this.#drawOn();
    this.buttons.find((button) => button.checkVisibility({ visibilityProperty: true }))?.focus();
  }
}
