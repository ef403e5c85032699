/** Pop-up menus with roving focus; they close on Escape, on a click elsewhere and on Tab. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {{label: string, detail?: string, icon?: string, danger?: boolean, checked?: boolean, run: () => void}} MenuItem */

let openMenu = null;

/** Closes whatever menu is open. */
export function closeMenu(giveFocus = true) {
  if (!openMenu) return;
  const { menu, anchor } = openMenu;
  openMenu = null;
  anchor.setAttribute("aria-expanded", "false");
  document.removeEventListener("pointerdown", closeFromOutside, true);
  menu.remove();
  if (giveFocus && anchor.isConnected) anchor.focus();
}

function closeFromOutside(event) {
  if (openMenu && !openMenu.menu.contains(event.target) && !openMenu.anchor.contains(event.target)) closeMenu(false);
}

/**
 * Opens a menu beside its button.
 * @param {HTMLElement} anchor
 * @param {Array<MenuItem|{heading: string}|null>|(() => Array)} items null draws a line; a function is asked anew by `redrawMenu`
 * @param {string} label
 */
export function showMenu(anchor, items, label) {
  if (openMenu?.anchor === anchor) return closeMenu();
  closeMenu(false);
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label, popover: "manual" }, nodesOf(items));
  menu.addEventListener("keydown", menuKeys);
  (anchor.closest("dialog, main, aside, nav") ?? document.body).append(menu);
  menu.showPopover();
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  openMenu = { menu, anchor, items };
  document.addEventListener("pointerdown", closeFromOutside, true);
  menu.querySelector("[role^=menuitem]")?.focus();
}

/** Draws the menu that is open, if any, for what holds now. */
export function redrawMenu() {
  if (typeof openMenu?.items !== "function") return;
  const { menu, items } = openMenu;
  const hadFocus = menu.contains(document.activeElement);
  menu.replaceChildren(...nodesOf(items));
  if (hadFocus) menu.querySelector("[role^=menuitem]")?.focus();
}

function nodesOf(items) {
  return (typeof items === "function" ? items() : items).map(itemNode);
}

function itemNode(item) {
  if (item === null) return h("hr", { class: "menu-line", role: "separator" });
  if (item.heading) return h("div", { class: "menu-heading", role: "presentation" }, item.heading);
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  return h(
    "button",
    {
      type: "button",
      role,
      tabindex: "-1",
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      class: `menu-item ${item.danger ? "menu-item-danger" : ""}`.trim(),
      on: {
        click: () => {
          closeMenu();
          item.run();
        },
      },
    },
    item.node ?? (item.icon ? icon(item.icon) : null),
    h("span", { class: "menu-text" }, h("span", { class: "menu-label" }, item.label), item.detail ? h("span", { class: "menu-detail" }, item.detail) : null),
    item.checked ? icon("check", 16) : null,
  );
}

function menuKeys(event) {
  const items = [...event.currentTarget.querySelectorAll("[role^=menuitem]")];
  const index = items.indexOf(document.activeElement);
  const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) {
    items.at(to % items.length).focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    closeMenu();
  } else if (event.key.length === 1 && event.key !== " ") {
    const letter = event.key.toLowerCase();
    const after = [...items.slice(index + 1), ...items.slice(0, index + 1)];
    after.find((item) => item.querySelector(".menu-label").textContent.toLowerCase().startsWith(letter))?.focus();
    return;
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** Beside the anchor, on the side where there is room. */
function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = box.bottom + 6 + size.height <= window.innerHeight;
  const top = below ? box.bottom + 6 : Math.max(8, box.top - 6 - size.height);
  const left = Math.min(Math.max(8, box.left), window.innerWidth - size.width - 8);
  menu.style.top = `${top}px`;
  menu.style.left = `${left}px`;
}
