/** Words that appear above the page: toasts to read, and what screen readers speak. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { replaceShortcodes } from "./emoji.js";

const SHOWN_MS = { info: 8000, success: 6000, warning: 12000, error: 12000 };
const MOST = 3;
const ICONS = { info: "info", success: "check", warning: "warning", error: "warning" };

/** Speaks a text politely: messages as they arrive. */
export function announce(text) {
  const region = document.getElementById("announcer");
  region.append(h("p", {}, replaceShortcodes(text)));
  while (region.childElementCount > 5) region.firstElementChild.remove();
}

/**
 * Shows a short text at the edge of the page; it stays while the pointer or the focus is on it.
 * @param {string} text
 * @param {"info"|"success"|"warning"|"error"} [level]
 */
export function toast(text, level = "info") {
  const known = Object.hasOwn(ICONS, level) ? level : "info";
  const node = h("div", { class: `toast toast-${known}` }, icon(ICONS[known], 18), h("span", { class: "toast-text" }, replaceShortcodes(text)));
  const close = h("button", { type: "button", class: "button button-icon", "aria-label": "Dismiss" }, icon("close", 14));
  node.append(close);
  let timer = 0;
  const start = () => {
    timer = window.setTimeout(() => node.remove(), SHOWN_MS[known]);
  };
  const stop = () => window.clearTimeout(timer);
  close.addEventListener("click", () => node.remove());
  for (const type of ["pointerenter", "focusin"]) node.addEventListener(type, stop);
  for (const type of ["pointerleave", "focusout"]) node.addEventListener(type, start);
  const toasts = document.getElementById("toasts");
  toasts.append(node);
  while (toasts.childElementCount > MOST) toasts.firstElementChild.remove();
  start();
}

/** Runs a call and shows its error, if any. @returns {Promise<any>} the answer, or null after an error */
export async function withToast(call) {
  try {
    const answer = await call();
    if (answer?.ok === false && answer.error) toast(answer.error, "error");
    return answer ?? {};
  } catch (error) {
    toast(error.message, "error");
    return null;
  }
}
