/** Selects, radio buttons and checkboxes. */

import { fill, h } from "./dom.js";
import { isWithApp } from "./state.js";
import { allOptions, change } from "./surface.js";
import { plainText, textObject } from "./mrkdwn.js";

const NONE = "";

/** One choice of a list; selects of people and channels offer the workspace's. */
export function select(element, slot) {
  const { surface, blockId } = slot;
  const kind = KINDS[element.type];
  const state = surface.get(blockId, element.action_id);
  const node = h("select", {
    id: slot.id,
    class: "select",
    "aria-label": slot.labelledBy ? null : slot.label,
    "aria-describedby": slot.describedBy,
    "aria-required": slot.required ? "true" : null,
  });
  // as in Slack, a field that must be filled cannot be emptied again
  const clearable = !slot.required || chosenValue(state, kind) === NONE;
  const fillOptions = (source) => fill(node, clearable ? placeholderOption(element) : null, optionNodes(source, kind, chosenValue(state, kind)));
  fillOptions(kind.source(element, surface));
  if (element.type === "external_select") loadExternal(element, slot).then(fillOptions);
  let options = allOptions(kind.source(element, surface));
  node.addEventListener("change", async () => {
    if (element.type === "external_select") options = node.external ?? options;
    const option = options.find((one) => one.value === node.value) ?? null;
    const accepted = await change(element, slot, { type: element.type, [kind.one]: kind.read(option) });
    if (!accepted) node.value = chosenValue(surface.get(blockId, element.action_id), kind);
  });
  return node;

  async function loadExternal() {
    const source = await externalOptions(element, slot);
    node.external = allOptions(source);
    return source;
  }
}

const asOptions = (things, mark) => things.map((thing) => ({ text: { type: "plain_text", text: mark + thing.name }, value: thing.id }));
const people = (_element, surface) => ({ options: asOptions(surface.workspace.team.users, "@") });
const channels = (_element, surface) => ({ options: asOptions(surface.workspace.channels.filter((one) => !isWithApp(one)), "#") });
const KIND_NAMES = { channel: "public", private: "private", mpim: "mpim", im: "im" };
/** Those that the element's filter lets through (Slack: conversation filters). */
const conversations = (element, surface) => {
  const { include, exclude_bot_users: withoutApp } = element.filter ?? {};
  const fits = (one) => !(withoutApp && isWithApp(one)) && (include?.includes(KIND_NAMES[one.kind]) ?? true);
  const [withPeople, withTheApp] = [false, true].map((own) => surface.workspace.channels.filter((one) => isWithApp(one) === own && fits(one)));
  return { options: [...asOptions(withPeople, "#"), ...asOptions(withTheApp, "@")] };
};
const own = (element) => element;
const OPTION = { one: "selected_option", many: "selected_options", read: (option) => option, value: (chosen) => chosen?.value };
const ID = { read: (option) => option?.value ?? null, value: (chosen) => chosen };

/** Where each select's options come from and how its state names the choice. */
const KINDS = {
  static_select: { ...OPTION, source: own },
  external_select: { ...OPTION, source: (element) => ({ options: element.initial_option ? [element.initial_option] : [] }) },
  users_select: { ...ID, one: "selected_user", source: people },
  channels_select: { ...ID, one: "selected_channel", source: channels },
  conversations_select: { ...ID, one: "selected_conversation", source: conversations },
  multi_static_select: { ...OPTION, source: own },
  multi_external_select: { ...OPTION, source: (element) => ({ options: element.initial_options ?? [] }) },
  multi_users_select: { ...ID, many: "selected_users", source: people },
  multi_channels_select: { ...ID, many: "selected_channels", source: channels },
  multi_conversations_select: { ...ID, many: "selected_conversations", source: conversations },
};

function chosenValue(state, kind) {
  return kind.value(state?.[kind.one]) ?? NONE;
}

function placeholderOption(element) {
  return h("option", { value: NONE, class: "option-none" }, plainText(element.placeholder) || "Choose an option");
}

function optionNodes(source, kind, chosen) {
  const one = (option) =>
    h(
      "option",
      { value: option.value, selected: option.value === chosen, title: option.description ? plainText(option.description) : null },
      plainText(option.text),
    );
  if (!source.option_groups) return (source.options ?? []).map(one);
  return source.option_groups.map((group) => h("optgroup", { label: plainText(group.label) }, (group.options ?? []).map(one)));
}

async function externalOptions(element, { surface, blockId }) {
  try {
    return await surface.api.options({ ...surface.origin, block_id: blockId, action_id: element.action_id, value: "" });
  } catch {
    return { options: [] };
  }
}

/** Several choices of a list, as a scrolling group of checkboxes. */
export function multiSelect(element, slot) {
  const kind = KINDS[element.type];
  const source = kind.source(element, slot.surface);
  const chosen = slot.surface.get(slot.blockId, element.action_id)?.[kind.many] ?? [];
  return choiceGroup(element, slot, {
    type: "checkbox",
    className: "choices multi",
    options: allOptions(source),
    chosen: chosen.map(kind.value),
    limit: element.max_selected_items,
    toState: (options) => ({ type: element.type, [kind.many]: options.map(kind.read) }),
  });
}

export function checkboxes(element, slot) {
  const chosen = slot.surface.get(slot.blockId, element.action_id)?.selected_options ?? [];
  return choiceGroup(element, slot, {
    type: "checkbox",
    className: "choices",
    options: allOptions(element),
    chosen: chosen.map((option) => option.value),
    toState: (options) => ({ type: element.type, selected_options: options }),
  });
}

export function radioButtons(element, slot) {
  const chosen = slot.surface.get(slot.blockId, element.action_id)?.selected_option;
  return choiceGroup(element, slot, {
    type: "radio",
    className: "choices",
    options: allOptions(element),
    chosen: chosen ? [chosen.value] : [],
    toState: (options) => ({ type: element.type, selected_option: options[0] ?? null }),
  });
}

/** Radio buttons or checkboxes with labels and descriptions. */
function choiceGroup(element, slot, { type, className, options, chosen, limit, toState }) {
  const boxes = options.map((option, index) =>
    h("input", { type, id: `${slot.id}-${index}`, name: slot.id, value: option.value, checked: chosen.includes(option.value), "aria-describedby": option.description ? `${slot.id}-${index}-d` : null }),
  );
  const holdLimit = () => {
    const full = limit && boxes.filter((box) => box.checked).length >= limit;
    if (limit) for (const box of boxes) box.disabled = full && !box.checked;
  };
  const rows = options.map((option, index) =>
    h(
      "div",
      { class: "choice" },
      boxes[index],
      h("label", { for: `${slot.id}-${index}`, class: "choice-label" }, textObject(option.text, slot.surface.names)),
      option.description ? h("span", { class: "choice-detail", id: `${slot.id}-${index}-d` }, textObject(option.description, slot.surface.names)) : null,
    ),
  );
  const node = h(
    "div",
    { id: slot.id, class: className, role: type === "radio" ? "radiogroup" : "group", tabindex: "-1", "aria-label": slot.labelledBy ? null : slot.label, "aria-labelledby": slot.labelledBy, "aria-describedby": slot.describedBy },
    rows,
  );
  node.addEventListener("change", async () => {
    holdLimit();
    const before = chosen;
    chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    const accepted = await change(element, slot, toState(options.filter((_option, index) => boxes[index].checked)));
    if (!accepted) {
      chosen = before;
      for (const box of boxes) box.checked = chosen.includes(box.value);
    }
  });
  holdLimit();
  return node;
}
