/**
 * The only place where elements are made. Data reaches the page as text nodes and attributes, never as HTML,
 * so nothing that a person or the app sends can become markup.
 */

const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "hidden", "indeterminate", "open", "muted"]);

/**
 * Makes an element: `h("a", { class: "link", href, on: { click } }, "text", child)`.
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; `on` holds listeners, `data` holds data-* values; null is left out
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "style") for (const [rule, text] of Object.entries(value)) element.style.setProperty(rule, text);
    else if (PROPERTIES.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Appends nodes and texts, skipping what is empty. */
export function append(parent, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** Replaces all children. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return append(parent, children);
}

/** @returns {DocumentFragment} */
export function fragment(...children) {
  return append(document.createDocumentFragment(), children);
}

let nextId = 0;

/** An id that is unique in the page, for labels and descriptions. */
export function uniqueId(prefix) {
  nextId += 1;
  return `${prefix}-${nextId}`;
}

/**
 * A link target that is safe to put into href, or null: only web and mail addresses, and paths of this page.
 * @param {string} url
 */
export function safeUrl(url) {
  if (typeof url !== "string" || url === "") return null;
  try {
    const parsed = new URL(url, window.location.href);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A text of spoken length for screen readers only. */
export function hiddenText(text) {
  return h("span", { class: "sr-only" }, text);
}

/** Waits until calls pause, then runs the last one. */
export function debounce(wait, run) {
  let timer = 0;
  return (...args) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => run(...args), wait);
  };
}

/** True where the key event chooses the focused thing. */
export function isPress(event) {
  return event.key === "Enter" || event.key === " ";
}
