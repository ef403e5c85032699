/** A list of messages: a channel's or a thread's. */

import { fill, h, hiddenText, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./avatar.js";
import { BlockList, place } from "./block-list.js";
import { clock, dayLabel, fullTime, sameDay, tsDate } from "./dates.js";
import { fileCard } from "./files.js";
import { showMenu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { isWithApp } from "./state.js";
import { Surface } from "./surface.js";
import { withToast } from "./notices.js";

const TOGETHER_S = 300;
/** Messages that Slack writes about people and files rather than for them. */
const QUIET = new Set(["channel_join", "channel_leave", "channel_name", "channel_archive", "tombstone"]);

/** What a message says, in plain words, for screen readers and notifications. */
export function spokenText(message, names) {
  const holder = h("div", {}, mrkdwn(message.text ?? "", names));
  for (const br of holder.querySelectorAll("br")) br.replaceWith("\n");
  const files = (message.files ?? []).map((file) => file.title || file.name);
  return [asSentences(holder.textContent.trim()), files.length ? `File: ${files.join(", ")}` : ""].filter(Boolean).join(". ");
}

/** Lines one after the other, with a stop between them where they have none: a voice does not see where they end. */
const asSentences = (lines) => lines.replaceAll(/([.!?:…]?)\n+/g, (_, end) => `${end || "."} `);

/** The messages that are forwarded in one. */
const sharesOf = (message) => (message.attachments ?? []).filter((part) => part.is_share);

export class MessageList {
  /**
   * @param {HTMLElement} scroller the scrolling container
   * @param {object} parts
   * @param {import("./state.js").Workspace} parts.workspace
   * @param {object} parts.api
   * @param {object} parts.names
   * @param {(message: object) => void} [parts.openThread] absent in a thread
   * @param {string} label
   */
  constructor(scroller, parts, label) {
    Object.assign(this, parts);
    this.scroller = scroller;
    // A feed has messages as its children and nothing else (WAI-ARIA): what introduces them stands above it.
    this.lead = h("div", {});
    this.node = h("div", { class: "messages", role: "feed", "aria-label": label });
    this.node.addEventListener("keydown", (event) => this.#keys(event));
    this.rows = new Map();
    this.days = new Map();
    this.atEnd = true;
    scroller.append(this.lead, this.node);
    scroller.addEventListener("scroll", () => {
      this.atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    });
    const resized = new ResizeObserver(() => this.#follow());
    resized.observe(this.node);
    resized.observe(scroller);
  }

  clear() {
    this.rows.clear();
    this.days.clear();
    this.lead.replaceChildren();
    this.node.replaceChildren();
    this.atEnd = true;
  }

  /** @param {string} channel @param {object[]} messages oldest first */
  update(channel, messages, { label, before = [] } = {}) {
    if (label) this.node.setAttribute("aria-label", label);
    place(this.lead, before);
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      const at = tsDate(message.ts);
      if (!this.isThread && (!previous || !sameDay(tsDate(previous.ts), at))) {
        nodes.push(this.#day(at));
        previous = null;
      }
      const row = this.#row(channel, message);
      row.update(message, this.#isContinued(previous, message) && !(this.isThread && previous === messages[0]));
      nodes.push(row.node);
      previous = message;
    }
    this.node.hidden = nodes.length === 0;
    this.#forget(new Set(nodes));
    place(this.node, nodes);
    this.#roving();
    this.#follow();
  }

  scrollToEnd() {
    this.atEnd = true;
    this.#follow();
  }

  #follow() {
    if (this.atEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #isContinued(previous, message) {
    if (!previous || previous.ephemeral_id || message.ephemeral_id) return false;
    const same = this.workspace.author(previous).id === this.workspace.author(message).id;
    return same && Number(message.ts) - Number(previous.ts) < TOGETHER_S;
  }

  #day(date) {
    const label = dayLabel(date);
    if (!this.days.has(label)) this.days.set(label, h("div", { class: "day" }, h("span", { class: "day-label" }, label)));
    return this.days.get(label);
  }

  #row(channel, message) {
    const key = `${channel}:${message.ephemeral_id ?? message.ts}`;
    if (!this.rows.has(key)) this.rows.set(key, new MessageRow(channel, message, this));
    return this.rows.get(key);
  }

  #forget(shown) {
    for (const [key, row] of this.rows) if (!shown.has(row.node)) this.rows.delete(key);
  }

  #articles() {
    return [...this.node.querySelectorAll(":scope > .message")];
  }

  /** One message is in the Tab order; arrows move to the others. */
  #roving() {
    const rows = this.#articles();
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows.at(-1).tabIndex = 0;
    rows.forEach((row, index) => {
      row.setAttribute("aria-posinset", String(index + 1));
      row.setAttribute("aria-setsize", String(rows.length));
    });
  }

  #keys(event) {
    if (!event.target.classList.contains("message")) return;
    const rows = this.#articles();
    const index = rows.indexOf(event.target);
    const to = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? null : rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row) {
      for (const other of rows) other.tabIndex = other === row ? 0 : -1;
      row.focus();
    } else if (event.key === "t" || event.key === "ArrowRight") event.target.querySelector(".tool-thread")?.click();
    else if (event.key === "m" || event.key === "ContextMenu") event.target.querySelector(".tool-more")?.click();
    else return;
    event.preventDefault();
  }
}

/** One message; updates in place, so that a playing video goes on while the card above it changes. */
class MessageRow {
  constructor(channel, message, list) {
    this.channel = channel;
    this.list = list;
    const { api, names, workspace } = list;
    const origin = message.ephemeral_id ? { message: null, ephemeral_id: message.ephemeral_id } : { message: { channel, ts: message.ts } };
    const send = (action) => withToast(() => api.action({ view_id: null, ...action }));
    this.surface = new Surface({ kind: message.ephemeral_id ? "ephemeral" : "message", names, api, workspace, origin, send });
    this.blocks = new BlockList(this.surface);
    this.head = h("div", { class: "message-head", id: uniqueId("head") });
    this.text = h("div", { class: "message-text" });
    this.shares = h("div", {});
    this.files = h("div", { class: "message-files" });
    this.replies = h("div", { class: "message-replies" });
    this.side = h("div", { class: "message-side" });
    this.body = h("div", { class: "message-body", id: uniqueId("body") }, this.text, this.blocks.node, this.shares, this.files);
    this.node = h(
      "article",
      { class: "message", tabindex: "-1", "aria-labelledby": this.head.id, "aria-describedby": this.body.id, data: { ts: message.ts } },
      this.side,
      h("div", { class: "message-main" }, this.head, this.body, this.replies),
    );
    this.tools = this.node.appendChild(h("div", { class: "message-tools", role: "toolbar", "aria-label": "Message actions" }));
  }

  update(message, continued) {
    this.message = message;
    const { workspace } = this.list;
    const reply = this.list.openThread ? workspace.replyCount(this.channel, message) : { count: 0 };
    const drawn = JSON.stringify([message, continued, reply.count, reply.latest?.ts]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const author = workspace.author(message);
    this.node.classList.toggle("message-continued", continued);
    this.node.classList.toggle("message-private", Boolean(message.ephemeral_id));
    this.node.classList.toggle("message-quiet", QUIET.has(message.subtype));
    this.node.classList.toggle("message-app", Boolean(author.isApp));
    this.#head(message, author, continued);
    this.#body(message);
    this.#files([...(message.files ?? []), ...sharesOf(message).flatMap((share) => share.files ?? [])]);
    this.#replies(reply);
    this.#tools(message);
  }

  #head(message, author, continued) {
    const at = tsDate(message.ts);
    const time = h("time", { class: "message-time", datetime: at.toISOString(), title: fullTime(at) }, clock(at));
    fill(this.side, continued ? h("span", { class: "message-gutter", "aria-hidden": "true" }, clock(at)) : avatar(author));
    fill(
      this.head,
      message.ephemeral_id ? h("div", { class: "message-note" }, icon("eye", 14), "Only visible to you") : null,
      h("span", { class: "message-author" }, author.name),
      author.isApp ? h("span", { class: "badge-app" }, "APP") : null,
      time,
    );
  }

  #body(message) {
    const hasBlocks = (message.blocks ?? []).length > 0;
    const hadFocus = this.blocks.node.contains(document.activeElement);
    this.blocks.update(message.blocks ?? []);
    if (hadFocus && !this.blocks.node.contains(document.activeElement)) this.node.focus({ preventScroll: true });
    this.blocks.node.hidden = !hasBlocks;
    this.text.hidden = hasBlocks || !message.text;
    fill(
      this.text,
      hasBlocks ? null : mrkdwn(message.text ?? "", this.list.names),
      message.edited && !hasBlocks ? h("span", { class: "message-edited" }, " (edited)") : null,
    );
    fill(this.shares, sharesOf(message).map((share) => this.#share(share)));
  }

  /** A message that was forwarded in this one. */
  #share(share) {
    const { names } = this.list;
    return h("blockquote", { class: "message-share" }, h("span", { class: "message-author" }, names.person(share.author_id).name), h("div", {}, mrkdwn(share.text ?? "", names)));
  }

  /** Players stay untouched while their file stays the same. */
  #files(files) {
    const drawn = JSON.stringify(files.map((file) => [file.id, file.ui_url, file.name, file.title, file.mode, file.size, file.duration_ms]));
    if (drawn === this.drawnFiles) return;
    this.drawnFiles = drawn;
    fill(this.files, files.map((file) => fileCard(file)));
  }

  #replies({ count, latest }) {
    if (!count) return fill(this.replies);
    const people = latest ? avatar(this.list.workspace.author(latest), 20) : null;
    const words = `${count} ${count === 1 ? "reply" : "replies"}`;
    const last = latest ? h("span", { class: "replies-last" }, `Last reply ${dayLabel(tsDate(latest.ts)).toLowerCase()} at ${clock(tsDate(latest.ts))}`) : null;
    const open = () => this.list.openThread(this.message);
    return fill(this.replies, h("button", { type: "button", class: "replies-button", on: { click: open } }, people, h("span", { class: "replies-count" }, words), last, hiddenText("Open thread")));
  }

  #tools(message) {
    const thread = this.list.openThread && !message.ephemeral_id;
    const more = h("button", { type: "button", class: "tool tool-more", "aria-label": "More actions", title: "More actions", "aria-haspopup": "menu", "aria-expanded": "false" }, icon("more"));
    more.addEventListener("click", () => showMenu(more, this.#menu(), "More actions"));
    fill(
      this.tools,
      thread ? h("button", { type: "button", class: "tool tool-thread", "aria-label": "Reply in thread", title: "Reply in thread", on: { click: () => this.list.openThread(message) } }, icon("reply")) : null,
      message.ephemeral_id ? null : more,
    );
    this.tools.hidden = this.tools.childElementCount === 0;
  }

  #menu() {
    const { workspace, api } = this.list;
    const shortcuts = (workspace.bootstrap.shortcuts ?? []).filter((one) => one.type === "message");
    const place_ = { channel: this.channel, ts: this.message.ts };
    const items = shortcuts.map((shortcut) => ({
      label: shortcut.name,
      detail: workspace.app.name,
      node: avatar({ isApp: true, name: "" }, 22),
      run: () => withToast(() => api.shortcut(shortcut.callback_id, place_)),
    }));
    const copy = { label: "Copy text", icon: "file", run: () => navigator.clipboard?.writeText(spokenText(this.message, this.list.names)) };
    const own = (this.message.files ?? []).filter((file) => file.user === workspace.user.id && file.mode !== "tombstone");
    const direct = workspace.channels.find(isWithApp);
    const forward = { label: `Forward to ${workspace.app.name}`, icon: "send", run: () => withToast(() => api.forwardMessage({ ...place_, to: direct.id })) };
    const remove = own.map((file) => ({ label: `Delete ${file.name}`, icon: "trash", danger: true, run: () => withToast(() => api.deleteFile(file.id)) }));
    const gone = { label: "Delete message", icon: "trash", danger: true, run: () => withToast(() => api.deleteMessage(place_)) };
    return [{ heading: "Message shortcuts" }, ...items, null, copy, ...(direct && direct.id !== this.channel ? [forward] : []), ...remove, gone];
  }
}
