/** The side panel "Faults and wire". */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { DIALECTS, FaultList } from "./faults.js";
import { Wire } from "./wire.js";

export class Panel {
  /** @param {object} bootstrap */
  constructor(bootstrap) {
    const sync = bootstrap.sync_control_url ?? "/ui/sync";
    this.node = document.getElementById("panel");
    this.button = document.getElementById("panel-button");
    this.faults = [new FaultList("sync.so", `${sync}/faults`, DIALECTS.sync), new FaultList("Slack", "/ui/faults", DIALECTS.slack)];
    this.wire = new Wire(sync);
    this.#build();
    this.button.addEventListener("click", () => (this.node.hidden ? this.open() : this.close()));
  }

  #build() {
    const close = h("button", { type: "button", class: "button button-icon", "aria-label": "Close panel", on: { click: () => this.close() } }, icon("close"));
    const intro = h("p", { class: "muted panel-intro" }, "Break things on purpose and see what the app tells people.");
    const find = h("input", { type: "search", class: "field panel-find", placeholder: "Find a switch", "aria-label": "Find a switch" });
    find.addEventListener("input", () => this.faults.forEach((list) => list.filter(find.value)));
    const pages = { Faults: h("div", {}, intro, find, this.faults.map((list) => list.node)), Wire: this.wire.node };
    const tabs = Object.entries(pages).map(([name, page]) => this.#tab(name, page));
    this.tabs = tabs;
    this.body = h("div", { class: "panel-body" }, Object.values(pages));
    fill(
      this.node,
      h("header", { class: "pane-head" }, h("h2", { class: "pane-title" }, "Faults and wire"), close),
      h("div", { class: "tabs", role: "tablist", "aria-label": "Faults and wire", on: { keydown: (event) => this.#keys(event) } }, tabs),
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
    if (tab.page === this.wire.node && !this.node.hidden) this.body.scrollTop = this.body.scrollHeight;
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

  open() {
    this.node.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    for (const list of this.faults) list.start();
    this.wire.start();
    this.tabs.find((tab) => tab.tabIndex === 0).focus();
  }

  close() {
    this.node.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.wire.stop();
    for (const list of this.faults) list.stop();
    this.button.focus();
  }
}
