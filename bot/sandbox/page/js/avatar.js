/** Pictures of people (initials) and of the app (a drawn mouth with a voice). */

import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const COLOR = /^#[0-9a-f]{3,8}$/i;

function appMark(size) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 36 36", width: size, height: size, "aria-hidden": "true" })) svg.setAttribute(key, String(value));
  const draw = (tag, attributes) => {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    svg.append(node);
  };
  draw("path", { d: "M7 18c3-5.5 6.5-6.5 8.5-6.5 1.2 0 1.9.6 2.5.9.6-.3 1.3-.9 2.5-.9 2 0 5.5 1 8.5 6.5-3 5-6.8 7-11 7s-8-2-11-7Z", fill: "#ff6f91" });
  draw("path", { d: "M9.5 17.8c2.7-1 5.3-1 8.5-.3 3.2-.7 5.8-.7 8.5.3-2.5 2-5.3 3-8.5 3s-6-1-8.5-3Z", fill: "#1f1235" });
  draw("path", { d: "M10.8 17.6c2.5-.6 4.7-.5 7.2-.1 2.5-.4 4.7-.5 7.2.1-1.1.9-2.3 1.4-3.5 1.6-1.2-.3-2.5-.4-3.7-.4s-2.5.1-3.7.4c-1.2-.2-2.4-.7-3.5-1.6Z", fill: "#fff4f7" });
  return svg;
}

/**
 * @param {{name: string, color?: string, isApp?: boolean}} person
 * @param {number} [size]
 */
export function avatar(person, size = 36) {
  const style = { width: `${size}px`, height: `${size}px`, "font-size": `${Math.round(size * 0.42)}px` };
  if (person.isApp) return h("span", { class: "avatar avatar-app", style, "aria-hidden": "true" }, appMark(size));
  const initials = (person.name || "?").split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((word) => word[0].toUpperCase()).join("");
  return h("span", { class: "avatar", style: { ...style, background: COLOR.test(person.color ?? "") ? readable(person.color) : hue(person.name) }, "aria-hidden": "true" }, initials);
}

/** Dark enough for white letters, whatever colour a person has. */
function readable(color) {
  return `color-mix(in srgb, ${color} 78%, black)`;
}

function hue(name) {
  const sum = [...(name ?? "")].reduce((total, letter) => (total * 31 + letter.codePointAt(0)) % 360, 7);
  return `hsl(${sum} 45% 42%)`;
}
