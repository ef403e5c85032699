/** Blocks on the page that change in place: what did not change keeps its node, its focus and its scroll position. */

import { h } from "./dom.js";
import { renderBlocks } from "./blocks.js";

export class BlockList {
  /** @param {import("./surface.js").Surface} surface */
  constructor(surface) {
    this.surface = surface;
    this.node = h("div", { class: "blocks" });
    this.drawn = [];
  }

  /** @param {object[]} blocks */
  update(blocks) {
    const focus = focusIn(this.node);
    this.surface.take(blocks);
    const old = new Map(this.drawn.map((entry) => [entry.key, entry]));
    this.drawn = (blocks ?? []).map((block, index) => {
      const key = block.block_id ?? `#${index}`;
      const json = JSON.stringify(block);
      const known = old.get(key);
      if (known?.json === json) return known;
      return { key, json, node: renderBlocks([block], this.surface).firstElementChild };
    });
    place(this.node, this.drawn.map((entry) => entry.node));
    focus?.restore(this.node);
  }

  /** The node of an input block. */
  block(blockId) {
    return this.drawn.find((entry) => entry.key === blockId)?.node ?? null;
  }
}

/** Puts nodes in order, moving only those that are not in place (a moved node loses the focus). */
export function place(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/** Remembers which element has the focus, so that a redrawn one gets it back with its caret. */
function focusIn(root) {
  const active = document.activeElement;
  const holder = root.contains(active) ? active.closest("[data-action]") : null;
  if (!holder) return null;
  const { block, action } = holder.dataset;
  const caret = typeof active.selectionStart === "number" ? [active.selectionStart, active.selectionEnd] : null;
  const value = active.matches("input[type=radio], input[type=checkbox]") ? active.value : null;
  return {
    restore(within) {
      if (within.contains(document.activeElement)) return;
      const again = [...within.querySelectorAll("[data-action]")].find((one) => one.dataset.block === block && one.dataset.action === action);
      if (!again) return;
      const fields = again.matches("input, select, textarea, button") ? [again] : [...again.querySelectorAll("input, select, textarea, button")];
      const target = fields.find((field) => value !== null && field.value === value) ?? fields[0];
      target?.focus({ preventScroll: true });
      if (caret && target?.setSelectionRange && /^(text|url|search|)$/.test(target.type ?? "")) target.setSelectionRange(...caret);
      else if (caret && target instanceof HTMLTextAreaElement) target.setSelectionRange(...caret);
    },
  };
}
