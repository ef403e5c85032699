/** The navigation as a drawer, where the page is too narrow to show it all the time. */

import { fill } from "./dom.js";
import { icon } from "./icons.js";

export class Drawer {
  constructor() {
    this.node = document.getElementById("nav");
    this.button = document.getElementById("nav-button");
    fill(this.button, icon("menu", 20));
    this.button.addEventListener("click", () => this.#set(!this.isOpen));
    document.getElementById("nav-veil").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.isOpen) this.close();
    });
    // the styles decide whether there is a drawer, by what they say of its button
    new ResizeObserver(() => this.fit()).observe(document.body);
    new MutationObserver(() => this.fit()).observe(document.body, { attributeFilter: ["class"] });
    this.fit();
  }

  get isOpen() {
    return document.body.dataset.drawer === "open";
  }

  /** Takes up or drops the drawer as the page's width asks. */
  fit() {
    const needed = getComputedStyle(document.body).getPropertyValue("--nav-button").trim() !== "none";
    if (!needed) {
      this.#inert(false);
      delete document.body.dataset.drawer;
    } else document.body.dataset.drawer ??= "shut";
  }

  close() {
    if (!this.isOpen) return;
    this.#set(false);
    this.button.focus();
  }

  #set(open) {
    document.body.dataset.drawer = open ? "open" : "shut";
    this.button.setAttribute("aria-expanded", String(open));
    this.#inert(open);
    if (open) (this.node.querySelector("[aria-current]") ?? this.node.querySelector("button")).focus();
  }

  /** What lies under the open drawer is out of reach. */
  #inert(on) {
    for (const id of ["main", "thread", "panel"]) document.getElementById(id).inert = on;
  }
}
