/** The box where a person writes: messages, slash commands, files. */

import { fill, h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { fileKind } from "./files.js";
import { fileSize } from "./dates.js";
import { showMenu } from "./menu.js";
import { Suggestions } from "./suggestions.js";
import { toast, withToast } from "./notices.js";

/** What the samples are offered for, by their kind. */
const USE = { video: "Use the sample clip", audio: "Use the sample audio" };
const COPY = { video: "Copy a link to the sample clip", audio: "Copy a link to the sample audio", image: "Copy a link to the sample picture" };
/** A file that lives elsewhere, as a drive's integration would share it: the app must say that it cannot read it. */
const EXTERNAL = { name: "interview on a drive.mp4", url: "https://drive.example.com/interview" };

export class Composer {
  /**
   * @param {object} parts
   * @param {import("./state.js").Workspace} parts.workspace
   * @param {object} parts.api
   * @param {() => {channel: string, thread_ts?: string}} parts.target where a message goes
   * @param {() => void} parts.onSent
   * @param {boolean} parts.isThread
   */
  constructor(parts) {
    Object.assign(this, parts);
    this.attachments = [];
    this.drafts = new Map();
    this.#build();
  }

  #build() {
    const id = uniqueId("composer");
    this.field = h("textarea", { id, class: "composer-field", rows: "1", "aria-label": "Message", autocomplete: "off", spellcheck: "true" });
    this.chips = h("ul", { class: "composer-files", "aria-label": "Files to send" });
    this.picker = h("input", { type: "file", multiple: true, class: "sr-only", tabindex: "-1", "aria-label": "Upload files", data: { upload: "composer" } });
    this.send = h("button", { type: "submit", class: "composer-send", "aria-label": "Send", title: "Send (Enter)", disabled: true }, icon("send"));
    const plus = this.#menuButton("plus", "Attach", () => this.#attachMenu());
    const shortcuts = this.#menuButton("bolt", "Shortcuts", () => this.#shortcutMenu());
    const hint = h("span", { class: "composer-hint", "aria-hidden": "true" }, "Enter to send · Shift + Enter for a new line");
    this.node = h(
      "form",
      { class: "composer", "aria-label": this.isThread ? "Reply" : "New message", on: { submit: (event) => this.#submit(event) } },
      h("div", { class: "composer-box" }, this.field, this.chips, h("div", { class: "composer-bar" }, plus, shortcuts, hint, this.send)),
      this.picker,
    );
    this.suggestions = new Suggestions(this.field, () => this.#commands());
    this.node.prepend(this.suggestions.node);
    this.#listen();
  }

  #menuButton(name, label, items) {
    const button = h("button", { type: "button", class: "tool", "aria-label": label, title: label, "aria-haspopup": "menu", "aria-expanded": "false" }, icon(name));
    button.addEventListener("click", () => showMenu(button, items(), label));
    return button;
  }

  #listen() {
    this.field.addEventListener("input", () => this.#changed());
    this.field.addEventListener("keydown", (event) => this.#keys(event));
    this.field.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) {
        event.preventDefault();
        this.take([...event.clipboardData.files]);
      }
    });
    this.picker.addEventListener("change", () => {
      this.take([...this.picker.files]);
      this.picker.value = "";
    });
  }

  #commands() {
    const { bootstrap, app } = this.workspace;
    const own = (bootstrap.channel_commands ?? []).map((one) => ({ ...one, usage_hint: one.usage_hint.replace("@app", `@${app.handle}`) }));
    return [...(bootstrap.commands ?? []), ...own];
  }

  /** Moves the box to another place, keeping what was typed in the old one. */
  open(key, placeholder) {
    if (this.key === key) return;
    if (this.key !== undefined) this.drafts.set(this.key, this.field.value);
    this.#clearFiles();
    this.key = key;
    this.field.placeholder = placeholder;
    this.field.setAttribute("aria-label", placeholder);
    this.field.value = this.drafts.get(key) ?? "";
    this.#changed();
  }

  #changed() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 220)}px`;
    this.#ready();
    this.suggestions.update();
  }

  #ready() {
    const waiting = this.attachments.some((one) => !one.file);
    this.send.disabled = waiting || (this.field.value.trim() === "" && this.attachments.length === 0);
  }

  #keys(event) {
    if (this.suggestions.keys(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.attachments.some((one) => !one.file)) return toast("A file is still being uploaded.", "warning");
    if (this.send.disabled) return;
    const text = this.field.value.trim();
    const fileIds = this.attachments.map((one) => one.file.id);
    const kept = { text: this.field.value, attachments: this.attachments };
    this.field.value = "";
    this.attachments = [];
    this.#drawFiles();
    this.#changed();
    const answer = await withToast(() => this.api.say({ ...this.target(), text, ...(fileIds.length ? { file_ids: fileIds } : {}) }));
    if (answer === null || answer.ok === false) this.#putBack(kept);
    this.onSent();
  }

  /** What could not be sent is not lost. */
  #putBack({ text, attachments }) {
    if (this.field.value === "") this.field.value = text;
    this.attachments = [...attachments, ...this.attachments];
    this.#drawFiles();
    this.#changed();
  }

  #attachMenu() {
    const offered = this.workspace.bootstrap.samples ?? [];
    const samples = offered.filter((sample) => USE[sample.kind]).map((sample) => ({
      label: USE[sample.kind],
      detail: [sample.name, fileSize(sample.size)].filter(Boolean).join(" · "),
      icon: sample.kind === "video" ? "video" : "audio",
      run: () => this.#add(() => this.api.sample(sample.name)),
    }));
    const links = offered.map((sample) => ({ label: COPY[sample.kind], detail: sample.name, icon: "file", run: () => copyLink(sample) }));
    const external = { label: "Share a file of another service", detail: "Slack holds only its link", icon: "external", run: () => this.#add(() => this.api.external(EXTERNAL)) };
    return [{ label: "Upload from your computer", icon: "upload", run: () => this.picker.click() }, null, ...samples, null, ...links, null, external];
  }

  #shortcutMenu() {
    const { workspace, api } = this;
    const shortcuts = (workspace.bootstrap.shortcuts ?? []).filter((one) => one.type === "global");
    const items = shortcuts.map((one) => ({ label: one.name, detail: workspace.app.name, icon: "bolt", run: () => withToast(() => api.shortcut(one.callback_id)) }));
    const commands = this.#commands().map((one) => ({ label: one.command, detail: one.description, icon: "hash", run: () => this.insert(`${one.command} `) }));
    return [{ heading: "Shortcuts" }, ...items, null, { heading: "Commands" }, ...commands];
  }

  /** Puts a text into the box and focuses it. */
  insert(text) {
    this.field.value = text;
    this.field.focus();
    this.#changed();
  }

  /** Attaches a file that the server already has. */
  async #add(call) {
    const answer = await withToast(call);
    if (!answer?.file) return;
    this.attachments.push({ name: answer.file.name, file: answer.file, progress: 1 });
    this.#drawFiles();
    this.field.focus();
  }

  /** Uploads files at once; they are shared when the message is sent. @param {File[]} files */
  take(files) {
    for (const file of files) this.#upload(file);
    this.field.focus();
  }

  async #upload(file) {
    const abort = new AbortController();
    const entry = { name: file.name, size: file.size, file: null, progress: 0, abort };
    this.attachments.push(entry);
    this.#drawFiles();
    try {
      entry.file = await this.api.upload(file, (part) => this.#progress(entry, part), abort.signal);
    } catch (error) {
      this.attachments = this.attachments.filter((one) => one !== entry);
      if (error.name !== "AbortError") toast(`${file.name}: ${error.message}`, "error");
    }
    this.#drawFiles();
  }

  #progress(entry, part) {
    entry.progress = part;
    entry.bar?.setAttribute("value", String(part));
  }

  #clearFiles() {
    for (const entry of this.attachments) if (!entry.file) entry.abort?.abort();
    this.attachments = [];
    this.#drawFiles();
  }

  #drawFiles() {
    fill(this.chips, this.attachments.map((entry) => this.#chip(entry)));
    this.chips.hidden = this.attachments.length === 0;
    this.#ready();
  }

  #chip(entry) {
    const kind = fileKind(entry.file ?? {});
    const remove = () => {
      entry.abort?.abort();
      this.attachments = this.attachments.filter((one) => one !== entry);
      this.#drawFiles();
      this.field.focus();
    };
    entry.bar = entry.file ? null : h("progress", { max: "1", value: String(entry.progress), "aria-label": `Uploading ${entry.name}` });
    return h(
      "li",
      { class: "chip", data: { ready: String(Boolean(entry.file)) } },
      icon({ video: "video", audio: "audio" }[kind] ?? "file", 18),
      h("span", { class: "chip-name" }, entry.name),
      entry.bar ?? h("span", { class: "chip-size" }, fileSize(entry.file.size)),
      h("button", { type: "button", class: "button button-icon", "aria-label": `Remove ${entry.name}`, on: { click: remove } }, icon("close", 14)),
    );
  }
}

/** Copies the address under which the app and sync.so find a sample. */
async function copyLink({ url }) {
  const address = new URL(url, window.location.href).href;
  try {
    await navigator.clipboard.writeText(address);
    toast(`Copied: ${address}`, "success");
  } catch {
    toast(`Copy this by hand: ${address}`, "warning");
  }
}

/** Lets files be dropped anywhere on a pane. */
export function acceptDrops(pane, composer, isOpen = () => true) {
  const veil = h("div", { class: "drop-veil", "aria-hidden": "true" }, icon("upload", 28), h("span", {}, "Drop to add to your message"));
  pane.append(veil);
  const hasFiles = (event) => isOpen() && [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  const show = () => veil.classList.toggle("drop-veil-on", depth > 0);
  pane.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    show();
  });
  pane.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  pane.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    show();
  });
  pane.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    composer.take([...event.dataTransfer.files]);
  });
}
