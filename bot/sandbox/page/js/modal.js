/** Modal views of the app: the stack, field errors, submit and close. */

import { fill, h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./avatar.js";
import { BlockList } from "./block-list.js";
import { showError } from "./blocks.js";
import { focusable, openDialog } from "./overlay.js";
import { plainText } from "./mrkdwn.js";
import { elementsOf, Surface } from "./surface.js";
import { localProblem } from "./inputs.js";
import { announce, toast, withToast } from "./notices.js";

export class Modals {
  /** @param {{workspace: import("./state.js").Workspace, names: object, api: object}} parts */
  constructor({ workspace, names, api }) {
    Object.assign(this, { workspace, names, api });
    this.pages = new Map();
    this.shown = null;
    this.close = null;
  }

  /** Shows the stack that the server holds; its last view is on top. */
  show(views) {
    const ids = new Set(views.map((view) => view.id));
    for (const [id, page] of this.pages) {
      if (ids.has(id)) continue;
      page.node.remove();
      this.pages.delete(id);
    }
    const top = views.at(-1);
    if (!top) return this.#dismiss();
    for (const view of views) this.#page(view).update(view, views.length);
    if (!this.dialog) this.#open();
    const page = this.pages.get(top.id);
    const isNew = this.shown !== page;
    this.shown = page;
    if (page.node.parentElement !== this.dialog) this.dialog.prepend(page.node);
    for (const other of this.pages.values()) if (other !== page) other.node.remove();
    this.dialog.setAttribute("aria-labelledby", page.titleId);
    if (isNew) page.focusFirst();
  }

  /** Errors of fields, as the app's answer to a submission. */
  errors(viewId, errors) {
    this.pages.get(viewId)?.showErrors(errors);
  }

  #page(view) {
    if (!this.pages.has(view.id)) this.pages.set(view.id, new ModalPage(view, this));
    return this.pages.get(view.id);
  }

  #open() {
    this.dialog = h("dialog", { class: "dialog modal" });
    this.close = openDialog(this.dialog, { onEscape: () => this.shown?.leave(false) });
  }

  #dismiss() {
    this.close?.();
    this.close = null;
    this.dialog = null;
    this.shown = null;
  }
}

/** One view of the stack, with what was typed into it. */
class ModalPage {
  constructor(view, modals) {
    this.modals = modals;
    this.view = view;
    this.titleId = uniqueId("modal-title");
    this.surface = new Surface({
      kind: "modal",
      names: modals.names,
      api: modals.api,
      workspace: modals.workspace,
      origin: { view_id: view.id },
      send: (action) => withToast(() => modals.api.action({ message: null, ...action })),
    });
    this.blocks = new BlockList(this.surface);
    this.head = h("header", { class: "modal-head" });
    this.body = h("div", { class: "modal-body" }, this.blocks.node);
    this.foot = h("footer", { class: "modal-foot" });
    this.node = h("form", { class: "modal-form", novalidate: true, on: { submit: (event) => this.#submit(event) } }, this.head, this.body, this.foot);
  }

  update(view, depth) {
    const changed = this.drawn !== JSON.stringify([view.blocks, view.title, view.submit, view.close, depth]);
    this.drawn = JSON.stringify([view.blocks, view.title, view.submit, view.close, depth]);
    const hadFocus = this.node.contains(document.activeElement);
    this.view = view;
    if (!changed) return;
    this.#busy(false);
    this.#frame(depth);
    this.blocks.update(view.blocks);
    if (view.blocks[0]?.type === "alert") this.body.scrollTop = 0;
    if (hadFocus && !this.node.contains(document.activeElement)) this.focusFirst();
  }

  #frame(depth) {
    const { view } = this;
    const title = plainText(view.title) || "Form";
    const app = { name: this.modals.workspace.app.name, isApp: true };
    const back = h("button", { type: "button", class: "button button-icon", "aria-label": "Back", on: { click: () => this.leave(false) } }, icon("back"));
    const leave = h("button", { type: "button", class: "button button-icon modal-x", "aria-label": "Close", on: { click: () => this.leave(true) } }, icon("close"));
    fill(this.head, depth > 1 ? back : avatar(app, 28), h("h2", { id: this.titleId, class: "modal-title" }, title), leave);
    this.submitButton = view.submit ? h("button", { type: "submit", class: "button button-primary" }, h("span", { class: "button-label" }, plainText(view.submit))) : null;
    const cancel = h("button", { type: "button", class: "button", on: { click: () => this.leave(false) } }, plainText(view.close) || (depth > 1 ? "Back" : view.submit ? "Cancel" : "Close"));
    fill(this.foot, h("span", { class: "modal-app" }, `Form by ${app.name}`), cancel, this.submitButton);
  }

  /** Focuses what asks for it, else the first field. */
  focusFirst() {
    const wants = elementsOf(this.view.blocks).find(({ element }) => element.focus_on_load)?.element.action_id;
    const fields = focusable(this.body);
    const first = fields.find((field) => wants && field.closest("[data-action]")?.dataset.action === wants) ?? fields.find((field) => field.matches("input, select, textarea")) ?? fields[0];
    (first ?? this.submitButton ?? this.head.querySelector(".modal-x"))?.focus();
  }

  showErrors(errors) {
    this.#busy(false);
    let first = null;
    for (const block of this.view.blocks.filter((one) => one.type === "input")) {
      const node = this.blocks.block(block.block_id);
      const control = node ? showError(node, errors[block.block_id] ?? null) : null;
      if (errors[block.block_id] && !first) first = { control, node };
    }
    if (!first) {
      const words = Object.values(errors).join(" ");
      if (words) toast(words, "error");
      return;
    }
    first.node.scrollIntoView({ block: "nearest" });
    first.control?.focus();
    const count = Object.keys(errors).length;
    announce(count === 1 ? "One field needs a change." : `${count} fields need a change.`);
  }

  #localErrors() {
    const errors = {};
    for (const block of this.view.blocks.filter((one) => one.type === "input")) {
      const element = block.element ?? {};
      const problem = localProblem(element, this.surface.get(block.block_id, element.action_id), block.optional === true);
      if (problem) errors[block.block_id] = problem;
    }
    return errors;
  }

  async #submit(event) {
    event.preventDefault();
    if (!this.submitButton || this.submitting) return;
    if (this.surface.uploads) return toast("A file is still being uploaded.", "warning");
    const errors = this.#localErrors();
    this.showErrors(errors);
    if (Object.keys(errors).length > 0) return;
    this.#busy(true);
    const answer = await withToast(() => unlessGone(this.modals.api.submitView(this.view.id, this.surface.state())));
    this.#busy(false);
    if (answer?.errors) this.showErrors(answer.errors);
  }

  #busy(on) {
    this.submitting = on;
    if (on) this.submitButton?.setAttribute("aria-busy", "true");
    else this.submitButton?.removeAttribute("aria-busy");
  }

  /** @param {boolean} all true closes the whole stack, false only this view */
  async leave(all) {
    if (this.leaving) return;
    this.leaving = true;
    const alone = this.modals.pages.size < 2;
    await withToast(() => unlessGone(this.modals.api.closeView(this.view.id, all && !alone)));
    this.leaving = false;
  }
}

/** Whoever presses once more, before the page has heard that a form is closed, is told of no error. */
async function unlessGone(call) {
  try {
    return await call;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}
