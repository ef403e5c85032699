/** Slash commands offered while a person types one (a text box with a list, as ARIA has it for boxes of several lines). */

import { fill, h, uniqueId } from "./dom.js";

export class Suggestions {
  /** @param {HTMLTextAreaElement} field @param {() => Array<{command: string, description?: string, usage_hint?: string}>} commands */
  constructor(field, commands) {
    this.field = field;
    this.commands = commands;
    this.shown = [];
    this.active = 0;
    this.node = h("div", { class: "suggestions", role: "listbox", id: uniqueId("suggestions"), "aria-label": "Commands", hidden: true });
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.node.id);
    field.addEventListener("blur", () => this.hide());
  }

  /** Offers what fits the first word; nothing once the command is typed out and its arguments begin. */
  update() {
    const word = /^\/\S*$/.exec(this.field.value)?.[0];
    this.shown = word ? this.commands().filter((one) => one.command.startsWith(word)) : [];
    this.active = 0;
    this.#draw();
  }

  hide() {
    this.shown = [];
    this.#draw();
  }

  #draw() {
    const open = this.shown.length > 0;
    this.node.hidden = !open;
    const options = this.shown.map((one, index) => this.#option(one, index));
    fill(this.node, options);
    if (open) this.field.setAttribute("aria-activedescendant", options[this.active].id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #option(one, index) {
    return h(
      "div",
      {
        class: "suggestion",
        role: "option",
        id: `${this.node.id}-${index}`,
        "aria-selected": String(index === this.active),
        // mousedown, because a click would first take the focus out of the field
        on: {
          mousedown: (event) => {
            event.preventDefault();
            this.#take(one);
          },
        },
      },
      h("span", { class: "suggestion-command" }, one.command),
      one.usage_hint ? h("span", { class: "suggestion-usage" }, one.usage_hint) : null,
      one.description ? h("span", { class: "suggestion-text" }, one.description) : null,
    );
  }

  #take(one) {
    this.field.value = `${one.command} `;
    this.hide();
    this.field.dispatchEvent(new Event("input"));
  }

  /** @returns {boolean} true if the key was for the list */
  keys(event) {
    if (this.shown.length === 0) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const typedOut = this.shown[this.active].command === this.field.value;
    if (step) this.active = (this.active + step + this.shown.length) % this.shown.length;
    else if (event.key === "Escape") this.shown = [];
    else if (event.key === "Tab" && !event.shiftKey) this.#take(this.shown[this.active]);
    else if (event.key === "Enter" && !event.shiftKey && !typedOut) this.#take(this.shown[this.active]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    this.#draw();
    return true;
  }
}
