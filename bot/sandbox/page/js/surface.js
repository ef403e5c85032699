/** A surface is one message or one modal view: its blocks, what the person has chosen in it, and where actions go. */

import { askConfirm } from "./overlay.js";

const SEPARATOR = "\u0000";

/** @param {string} blockId @param {string} actionId */
export function valueKey(blockId, actionId) {
  return blockId + SEPARATOR + actionId;
}

/**
 * The stateful elements of blocks, with the block they stand in.
 * @param {object[]} blocks
 * @returns {Array<{block: object, element: object}>}
 */
export function elementsOf(blocks) {
  return (blocks ?? []).flatMap((block) => {
    const elements = [block.element, block.accessory, ...(block.type === "actions" ? (block.elements ?? []) : [])];
    return elements.filter((element) => element?.action_id).map((element) => ({ block, element }));
  });
}

/** What Slack holds as the state of an untouched element; null for elements without state. */
export function initialState(element) {
  const { type } = element;
  const simple = {
    plain_text_input: () => ({ value: element.initial_value ?? null }),
    url_text_input: () => ({ value: element.initial_value ?? null }),
    email_text_input: () => ({ value: element.initial_value ?? null }),
    number_input: () => ({ value: element.initial_value ?? null }),
    static_select: () => ({ selected_option: element.initial_option ?? null }),
    external_select: () => ({ selected_option: element.initial_option ?? null }),
    radio_buttons: () => ({ selected_option: element.initial_option ?? null }),
    checkboxes: () => ({ selected_options: element.initial_options ?? [] }),
    multi_static_select: () => ({ selected_options: element.initial_options ?? [] }),
    multi_external_select: () => ({ selected_options: element.initial_options ?? [] }),
    users_select: () => ({ selected_user: element.initial_user ?? null }),
    multi_users_select: () => ({ selected_users: element.initial_users ?? [] }),
    channels_select: () => ({ selected_channel: element.initial_channel ?? null }),
    multi_channels_select: () => ({ selected_channels: element.initial_channels ?? [] }),
    conversations_select: () => ({ selected_conversation: element.initial_conversation ?? null }),
    multi_conversations_select: () => ({ selected_conversations: element.initial_conversations ?? [] }),
    datepicker: () => ({ selected_date: element.initial_date ?? null }),
    timepicker: () => ({ selected_time: element.initial_time ?? null }),
    datetimepicker: () => ({ selected_date_time: element.initial_date_time ?? null }),
    file_input: () => ({ files: [] }),
  };
  return simple[type] ? { type, ...simple[type]() } : null;
}

/** True where nothing was typed or chosen. */
export function isEmpty(state) {
  const { type: _type, ...rest } = state ?? {};
  return Object.values(rest).every((value) => value === null || value === "" || (Array.isArray(value) && value.length === 0));
}

export class Surface {
  /**
   * @param {object} options
   * @param {"message"|"ephemeral"|"modal"} options.kind
   * @param {import("./mrkdwn.js").Names} options.names
   * @param {ReturnType<import("./api.js").createApi>} options.api
   * @param {object} options.workspace the people, channels and samples that selects and file inputs offer
   * @param {(payload: object) => Promise<void>} options.send takes {block_id, action_id, value, state}
   * @param {object} options.origin what identifies the surface to the server: {message} | {ephemeral_id} | {view_id}
   */
  constructor({ kind, names, api, workspace, send, origin }) {
    Object.assign(this, { kind, names, api, workspace, send, origin });
    this.values = new Map();
    this.kept = new Map();
    this.blocks = [];
  }

  /** Takes new blocks: what keeps its block_id and action_id keeps its value, the rest starts anew (Slack: views.update). */
  take(blocks) {
    this.blocks = blocks ?? [];
    const fresh = new Map();
    for (const { block, element } of elementsOf(this.blocks)) {
      const start = initialState(element);
      if (!start) continue;
      const key = valueKey(block.block_id, element.action_id);
      const old = this.values.get(key);
      fresh.set(key, old?.type === element.type && stillOffered(element, old) ? old : start);
    }
    this.values = fresh;
    for (const key of this.kept.keys()) if (!fresh.has(key)) this.kept.delete(key);
  }

  get(blockId, actionId) {
    return this.values.get(valueKey(blockId, actionId)) ?? null;
  }

  set(blockId, actionId, state) {
    this.values.set(valueKey(blockId, actionId), state);
  }

  /** All values as Slack's `state.values`: {block_id: {action_id: state}}. */
  state() {
    const result = {};
    for (const [key, value] of this.values) {
      const [blockId, actionId] = key.split(SEPARATOR);
      (result[blockId] ??= {})[actionId] = value;
    }
    return result;
  }

  /** Tells the app that an element was used. */
  dispatch(blockId, actionId, value) {
    return this.send({ ...this.origin, block_id: blockId, action_id: actionId, value, state: this.state() });
  }
}

/** All options of a select, radio or checkbox element, groups flattened. */
export function allOptions(element) {
  return element.option_groups ? element.option_groups.flatMap((group) => group.options ?? []) : (element.options ?? []);
}

/** A choice that is no longer offered is dropped. */
function stillOffered(element, state) {
  if (!element.options && !element.option_groups) return true;
  const offered = new Set(allOptions(element).map((option) => option.value));
  const chosen = state.selected_options ?? (state.selected_option ? [state.selected_option] : []);
  return chosen.every((option) => offered.has(option.value));
}

/**
 * Stores a new state and, where the element dispatches, asks its confirm question and tells the app.
 * @param {object} element @param {import("./elements.js").Slot} slot @param {object} state
 * @returns {Promise<boolean>} false if the person said no
 */
export async function change(element, slot, state) {
  const { surface, blockId } = slot;
  const before = surface.get(blockId, element.action_id);
  surface.set(blockId, element.action_id, state);
  if (!slot.dispatches) return true;
  if (element.confirm && !(await askConfirm(element.confirm, surface.names))) {
    surface.set(blockId, element.action_id, before);
    return false;
  }
  await surface.dispatch(blockId, element.action_id, state);
  return true;
}
