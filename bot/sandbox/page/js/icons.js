/** Line icons, drawn as SVG nodes (24 by 24, stroke follows the text colour). */

const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  hash: "M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16",
  lock: "M6 11h12v9H6v-9Zm2.5 0V7.5a3.5 3.5 0 0 1 7 0V11",
  send: "M4 12 3 4.5 21 12 3 19.5 4 12Zm0 0h8",
  plus: "M12 5v14M5 12h14",
  bolt: "M13 3 5 13.5h6L10.5 21 19 10h-6.5L13 3Z",
  close: "m6 6 12 12M18 6 6 18",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  reply: "M4 5h16v11H10l-4.5 4v-4H4V5Z",
  file: "M6 3h8l4 4v14H6V3Zm8 0v4h4",
  video: "M3.5 6h12v12h-12V6Zm12 4.5 5-3v9l-5-3",
  audio: "M4 10v4M8 7v10M12 4v16M16 8v8M20 10.5v3",
  download: "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 20h14",
  upload: "M12 20V9m0 0 4.5 4.5M12 9l-4.5 4.5M5 4h14",
  external: "M13.5 4.5H19.5V10.5M19.5 4.5 11 13M17 14v5.5H4.5V7H10",
  chevron: "m6 9.5 6 6 6-6",
  check: "m5 12.5 4.5 4.5L19 7.5",
  warning: "M12 4 2.8 20h18.4L12 4Zm0 6v5m0 2.4v.1",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-10v5.5M12 7.6v.1",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm9.5 2.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6Z",
  pulse: "M2.5 12h4.2l2.6-7 4.6 14 2.7-7h4.9",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3 19 19M19 5l-1.7 1.7M6.7 17.3 5 19",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  back: "M14.5 6 8.5 12l6 6",
  people: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 5a3.2 3.2 0 0 1 0 6.3M17.5 14.4c2.4.6 4 2.7 4 5.6",
  pause: "M8 5v14M16 5v14",
  play: "M7 4.5v15L19.5 12 7 4.5Z",
  trash: "M4.5 7h15M9.5 7V4h5v3M6.5 7l1 13h9l1-13",
  calendar: "M4 6h16v14H4V6Zm0 4.5h16M8.5 3.5V7M15.5 3.5V7",
};

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {keyof typeof PATHS} name
 * @param {number} [size] edge in CSS pixels
 * @returns {SVGElement}
 */
export function icon(name, size = 18) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, String(value));
  svg.classList.add("icon", `icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.info);
  svg.append(path);
  return svg;
}
