/** The thread pane: a message and its replies, with a box of its own. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { acceptDrops, Composer } from "./composer.js";
import { MessageList } from "./messages.js";
import { isWithApp } from "./state.js";

export class ThreadPane {
  /** @param {object} parts @param {{close: () => void}} actions */
  constructor(parts, { close }) {
    this.workspace = parts.workspace;
    this.node = document.getElementById("thread");
    this.place = null;
    this.title = h("span", { class: "pane-note" });
    const scroller = h("div", { class: "scroller" });
    const back = h("button", { type: "button", class: "button button-icon thread-back", "aria-label": "Back to the channel", on: { click: close } }, icon("back"));
    const leave = h("button", { type: "button", class: "button button-icon thread-close", "aria-label": "Close thread", on: { click: close } }, icon("close"));
    const panel = h("button", { type: "button", class: "button button-small panel-button thread-panel", "aria-controls": "panel", "aria-expanded": "false" });
    this.composer = new Composer({
      ...parts,
      isThread: true,
      target: () => ({ channel: this.place.channel, thread_ts: this.place.ts }),
      onSent: () => this.list.scrollToEnd(),
    });
    fill(this.node, h("header", { class: "pane-head" }, back, h("h2", { class: "pane-title" }, "Thread"), this.title, panel, leave), scroller, this.composer.node);
    this.list = new MessageList(scroller, { ...parts, isThread: true }, "Thread");
    acceptDrops(this.node, this.composer);
  }

  clear() {
    this.list.clear();
  }

  /**
   * @param {string} channel
   * @param {string|null} ts the parent's ts; null closes the pane
   * @param {string} who whose words stand in the box: each person has drafts of their own
   */
  open(channel, ts, who) {
    const next = ts ? { channel, ts } : null;
    const same = JSON.stringify(next) === JSON.stringify(this.place);
    const wasInside = this.node.contains(document.activeElement);
    const opener = this.place?.ts;
    this.place = next;
    this.node.hidden = !next;
    document.body.classList.toggle("has-thread", Boolean(next));
    if (next) this.composer.open(`${who}/${channel}/${ts}`, "Reply…");
    if (same) return;
    this.list.clear();
    if (next) {
      const name = isWithApp(this.workspace.channel) ? this.workspace.app.name : `#${this.workspace.channel.name}`;
      fill(this.title, name);
      this.draw();
      this.composer.field.focus();
    } else if (wasInside) {
      const row = document.querySelector(`#scroller [data-ts="${CSS.escape(opener ?? "")}"]`);
      (row ?? document.querySelector("#composer textarea"))?.focus();
    }
  }

  draw() {
    if (!this.place) return;
    const { channel, ts } = this.place;
    const messages = this.workspace.threadMessages(channel, ts);
    this.list.update(channel, messages, { label: "Thread" });
    const parent = this.list.node.firstElementChild;
    parent?.classList.toggle("thread-parent", messages[0]?.ts === ts);
  }
}
