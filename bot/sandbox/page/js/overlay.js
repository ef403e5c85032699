/** Dialogs above the page: opening, closing, the focus trap, Slack's confirm dialogs, and the live regions' place. */

import { fill, h, uniqueId } from "./dom.js";
import { plainText, textObject } from "./mrkdwn.js";

const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), video, audio, summary, [tabindex='0']";

/** @param {HTMLElement} root @returns {HTMLElement[]} what Tab reaches inside root */
export function focusable(root) {
  return [...root.querySelectorAll(FOCUSABLE)].filter((element) => element.tabIndex >= 0 && element.checkVisibility());
}

/** Keeps Tab inside a dialog; the browser alone would also visit its own buttons. */
function trapTab(event) {
  if (event.key !== "Tab") return;
  const items = focusable(event.currentTarget);
  if (items.length === 0) return;
  const [first, last] = [items[0], items.at(-1)];
  if (event.shiftKey && document.activeElement === first) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && document.activeElement === last) {
    event.preventDefault();
    first.focus();
  }
}

/** An open list of a select takes Escape for itself. */
function hasOpenPicker(dialog) {
  return CSS.supports("selector(select:open)") && dialog.querySelector("select:open") !== null;
}

/**
 * Screen readers ignore live regions outside a modal dialog, so they move along with the topmost one.
 */
function placeLiveRegions() {
  const host = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  const live = document.getElementById("live");
  if (live && live.parentElement !== host) host.append(live);
}

/**
 * Shows a dialog and gives back the focus afterwards.
 * @param {HTMLDialogElement} dialog
 * @param {{onEscape: () => void}} options
 */
export function openDialog(dialog, { onEscape }) {
  const before = document.activeElement;
  // a card may be drawn anew while its form is open: then its message takes the focus back
  const row = before?.closest(".message")?.dataset.ts;
  dialog.addEventListener("keydown", trapTab);
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || hasOpenPicker(dialog)) return;
    // the browser would close the dialog by itself at the second Escape in a row
    event.preventDefault();
    onEscape();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    onEscape();
  });
  document.body.append(dialog);
  dialog.showModal();
  placeLiveRegions();
  return () => {
    dialog.close();
    placeAside(dialog);
    dialog.remove();
    const back = before?.isConnected ? before : document.querySelector(row ? `.message[data-ts="${CSS.escape(row)}"]` : "#main");
    back?.focus();
  };
}

function placeAside(dialog) {
  const live = document.getElementById("live");
  if (live && dialog.contains(live)) document.body.append(live);
  placeLiveRegions();
}

/**
 * Slack's confirmation dialog.
 * @param {object} confirm the confirm object of an element
 * @param {import("./mrkdwn.js").Names} names
 * @returns {Promise<boolean>}
 */
export function askConfirm(confirm, names) {
  return new Promise((resolve) => {
    const titleId = uniqueId("confirm-title");
    const textId = uniqueId("confirm-text");
    const dialog = h("dialog", { class: "dialog confirm", role: "alertdialog", "aria-labelledby": titleId, "aria-describedby": textId });
    const finish = (answer) => {
      close();
      resolve(answer);
    };
    const danger = confirm.style === "danger";
    const yes = h("button", { type: "button", class: `button ${danger ? "button-danger" : "button-primary"}`, on: { click: () => finish(true) } }, plainText(confirm.confirm) || "OK");
    const no = h("button", { type: "button", class: "button", on: { click: () => finish(false) } }, plainText(confirm.deny) || "Cancel");
    fill(
      dialog,
      h("h2", { id: titleId, class: "confirm-title" }, plainText(confirm.title) || "Are you sure?"),
      h("div", { id: textId, class: "confirm-text" }, textObject(confirm.text, names)),
      h("div", { class: "dialog-buttons" }, no, yes),
    );
    const close = openDialog(dialog, { onEscape: () => finish(false) });
    no.focus();
  });
}
