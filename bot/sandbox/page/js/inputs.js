/** Text, number, date and time inputs. */

import { debounce, fill, h, hiddenText } from "./dom.js";
import { plainText } from "./mrkdwn.js";
import { change } from "./surface.js";

const HTML_TYPES = { plain_text_input: "text", url_text_input: "url", email_text_input: "email" };
const PLACEHOLDERS = { url_text_input: "https://…", email_text_input: "name@example.com" };

function attributes(element, slot) {
  return {
    id: slot.id,
    class: "field",
    placeholder: plainText(element.placeholder) || PLACEHOLDERS[element.type] || null,
    "aria-label": slot.labelledBy ? null : slot.label,
    "aria-describedby": slot.describedBy,
    "aria-required": slot.required ? "true" : null,
  };
}

const valueOf = (element, slot) => slot.surface.get(slot.blockId, element.action_id)?.value ?? "";
const triggers = (element) => element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];

/** plain_text_input (one line or many), url_text_input, email_text_input; Slack holds null for an empty one. */
export function textInput(element, slot) {
  const props = { ...attributes(element, slot), value: valueOf(element, slot), autocomplete: "off", spellcheck: "true" };
  const node = element.multiline ? h("textarea", { ...props, rows: "4" }) : h("input", { ...props, type: HTML_TYPES[element.type] });
  const wrapper = h("div", { class: "field-wrap" }, node, counter(element, node));
  const state = () => ({ type: element.type, value: node.value === "" ? null : node.value });
  const tell = () => change(element, slot, state());
  const tellSoon = debounce(400, tell);
  node.addEventListener("input", () => {
    slot.surface.set(slot.blockId, element.action_id, state());
    if (slot.dispatches && triggers(element).includes("on_character_entered")) tellSoon();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (element.multiline && !(event.metaKey || event.ctrlKey)) return;
    if (!slot.dispatches || !triggers(element).includes("on_enter_pressed")) return;
    event.preventDefault();
    tell();
  });
  return wrapper;
}

/** The characters that are left, shown near the end and told to screen readers there. */
function counter(element, node) {
  const limit = element.max_length ?? (element.type === "plain_text_input" ? 3000 : null);
  if (!limit) return null;
  const shown = h("span", { class: "field-count", "aria-live": "polite" });
  const update = () => {
    const left = limit - [...node.value].length;
    const told = left < 0 ? `${-left} characters too many` : `${left} characters left`;
    const near = left <= Math.max(20, limit * 0.1);
    fill(shown, near ? [h("span", { "aria-hidden": "true" }, String(left)), hiddenText(told)] : null);
    shown.classList.toggle("field-count-over", left < 0);
  };
  node.addEventListener("input", update);
  update();
  return shown;
}

export function numberInput(element, slot) {
  const node = h("input", {
    ...attributes(element, slot),
    type: "text",
    inputmode: element.is_decimal_allowed ? "decimal" : "numeric",
    autocomplete: "off",
    value: valueOf(element, slot),
  });
  node.addEventListener("input", () => {
    slot.surface.set(slot.blockId, element.action_id, { type: element.type, value: node.value.trim() === "" ? null : node.value.trim() });
  });
  node.addEventListener("change", () => {
    if (slot.dispatches) change(element, slot, slot.surface.get(slot.blockId, element.action_id));
  });
  return h("div", { class: "field-wrap field-short" }, node);
}

const DATE_FIELDS = {
  datepicker: { html: "date", key: "selected_date", read: (text) => text || null, write: (value) => value ?? "" },
  timepicker: { html: "time", key: "selected_time", read: (text) => text || null, write: (value) => value ?? "" },
  datetimepicker: {
    html: "datetime-local",
    key: "selected_date_time",
    read: (text) => (text ? Math.floor(new Date(text).getTime() / 1000) : null),
    write: (unix) => (unix ? localStamp(new Date(unix * 1000)) : ""),
  },
};

function localStamp(date) {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60000);
  return shifted.toISOString().slice(0, 16);
}

export function dateInput(element, slot) {
  const field = DATE_FIELDS[element.type];
  const state = slot.surface.get(slot.blockId, element.action_id);
  const node = h("input", { ...attributes(element, slot), type: field.html, value: field.write(state?.[field.key]) });
  node.addEventListener("change", () => change(element, slot, { type: element.type, [field.key]: field.read(node.value) }));
  return h("div", { class: "field-wrap field-short" }, node);
}

const WORDS = {
  required: "Please complete this required field.",
  url: "Please enter a valid URL, starting with https://.",
  email: "Please enter a valid email address.",
  number: "Please enter a number.",
  whole: "Please enter a whole number.",
};

/**
 * What Slack's own client refuses before it sends the form; null if the value may go.
 * @param {object} element @param {object} state @param {boolean} optional
 */
export function localProblem(element, state, optional) {
  const chosen = Object.entries(state ?? {}).find(([key]) => key !== "type")?.[1];
  const empty = chosen === null || chosen === undefined || chosen.length === 0;
  if (empty) return optional ? null : WORDS.required;
  if (typeof chosen !== "string") return null;
  const length = [...chosen].length;
  if (element.type === "plain_text_input") {
    if (element.min_length && length < element.min_length) return `Please enter at least ${element.min_length} characters.`;
    const most = element.max_length ?? 3000;
    if (length > most) return `Please enter at most ${most} characters (now ${length}).`;
  }
  if (element.type === "url_text_input" && !/^https?:\/\/[^\s]+$/i.test(chosen)) return WORDS.url;
  if (element.type === "email_text_input" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(chosen)) return WORDS.email;
  return element.type === "number_input" ? numberProblem(element, chosen) : null;
}

function numberProblem(element, text) {
  const value = Number(text);
  if (Number.isNaN(value)) return WORDS.number;
  if (!element.is_decimal_allowed && !Number.isInteger(value)) return WORDS.whole;
  if (element.min_value !== undefined && value < Number(element.min_value)) return `Please enter ${element.min_value} or more.`;
  if (element.max_value !== undefined && value > Number(element.max_value)) return `Please enter ${element.max_value} or less.`;
  return null;
}
