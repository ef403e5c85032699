/** Interactive elements of blocks: which renderer draws which type, and buttons. */

import { h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { askConfirm } from "./overlay.js";
import { showMenu } from "./menu.js";
import { plainText } from "./mrkdwn.js";
import { checkboxes, multiSelect, radioButtons, select } from "./choices.js";
import { dateInput, numberInput, textInput } from "./inputs.js";
import { fileInput } from "./file-input.js";

/**
 * @typedef {object} Slot where an element stands
 * @property {import("./surface.js").Surface} surface
 * @property {string} blockId
 * @property {string} id the DOM id that a label points to
 * @property {string} label its accessible name where no label element names it
 * @property {string|null} labelledBy
 * @property {string|null} describedBy
 * @property {boolean} required
 * @property {boolean} dispatches whether a change is told to the app at once
 */

const RENDERERS = {
  button,
  workflow_button: button,
  icon_button: button,
  overflow,
  static_select: select,
  external_select: select,
  users_select: select,
  channels_select: select,
  conversations_select: select,
  multi_static_select: multiSelect,
  multi_external_select: multiSelect,
  multi_users_select: multiSelect,
  multi_channels_select: multiSelect,
  multi_conversations_select: multiSelect,
  radio_buttons: radioButtons,
  checkboxes,
  plain_text_input: textInput,
  url_text_input: textInput,
  email_text_input: textInput,
  number_input: numberInput,
  datepicker: dateInput,
  timepicker: dateInput,
  datetimepicker: dateInput,
  file_input: fileInput,
};

/** @param {object} element @param {Slot} slot @returns {HTMLElement} */
export function renderElement(element, slot) {
  const render = RENDERERS[element.type];
  const node = render ? render(element, slot) : unknown(element);
  node.dataset.block = slot.blockId;
  node.dataset.action = element.action_id ?? "";
  return node;
}

function button(element, slot) {
  const style = { primary: "button-primary", danger: "button-danger" }[element.style] ?? "";
  const label = plainText(element.text) || element.accessibility_label || "Button";
  const node = h(
    "button",
    { type: "button", id: slot.id, class: `button ${style}`.trim(), "aria-label": element.accessibility_label ?? null, on: { click: () => press(node, element, slot) } },
    h("span", { class: "button-label" }, label),
    element.url ? icon("external", 14) : null,
  );
  return node;
}

async function press(node, element, { surface, blockId }) {
  if (node.getAttribute("aria-busy") === "true") return;
  if (element.confirm && !(await askConfirm(element.confirm, surface.names))) return;
  if (element.url && safeUrl(element.url)) window.open(safeUrl(element.url), "_blank", "noopener");
  node.setAttribute("aria-busy", "true");
  try {
    const { type, text, value, style } = element;
    await surface.dispatch(blockId, element.action_id, { type, text, ...(value === undefined ? {} : { value }), ...(style ? { style } : {}) });
  } finally {
    node.removeAttribute("aria-busy");
  }
}

function overflow(element, slot) {
  const items = (element.options ?? []).map((option) => ({
    label: plainText(option.text),
    detail: option.description ? plainText(option.description) : undefined,
    run: () => choose(element, slot, option),
  }));
  const node = h(
    "button",
    { type: "button", id: slot.id, class: "button button-icon", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "More options", on: { click: () => showMenu(node, items, "More options") } },
    icon("more"),
  );
  return node;
}

async function choose(element, slot, option) {
  if (option.url && safeUrl(option.url)) window.open(safeUrl(option.url), "_blank", "noopener");
  if (element.confirm && !(await askConfirm(element.confirm, slot.surface.names))) return;
  await slot.surface.dispatch(slot.blockId, element.action_id, { type: "overflow", selected_option: option });
}

/** What this page cannot draw stays visible, so that nothing is lost in silence. */
function unknown(element) {
  return h("span", { class: "unknown" }, `This sandbox cannot show “${element.type ?? "an element without a type"}”.`);
}
