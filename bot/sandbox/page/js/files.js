/** Files of messages: players for video and audio, pictures, and a card with a download link for the rest. */

import { h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { duration, fileSize } from "./dates.js";

/** @param {object} file @returns {"video"|"audio"|"image"|"other"} */
export function fileKind(file) {
  const type = file.mimetype ?? "";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/")) return "audio";
  return type.startsWith("image/") ? "image" : "other";
}

/** Where this page reads a file; Slack's own file addresses need a token. */
function address(file) {
  return safeUrl(file.ui_url ?? "");
}

const UNSEEN = {
  tombstone: "This file was deleted.",
  hidden_by_limit: "This file is hidden by the plan's limit.",
  file_access: "This file is not visible here.",
};

/** @param {object} file @returns {HTMLElement} */
export function fileCard(file) {
  const gone = UNSEEN[file.mode] ?? (file.file_access && file.file_access !== "visible" ? UNSEEN.file_access : null);
  if (gone) return h("div", { class: "file file-gone" }, icon("file"), h("span", {}, gone));
  const kind = fileKind(file);
  const url = address(file);
  return h("figure", { class: `file file-${kind}` }, h("figcaption", { class: "file-caption" }, caption(file, kind, url)), url ? player(kind, file, url) : null);
}

function caption(file, kind, url) {
  const name = file.title || file.name || "File";
  const facts = [file.duration_ms ? duration(file.duration_ms) : "", fileSize(file.size), file.pretty_type ?? (file.filetype ?? "").toUpperCase()];
  return [
    icon({ video: "video", audio: "audio" }[kind] ?? "file", 18),
    h("span", { class: "file-name" }, name),
    h("span", { class: "file-facts" }, facts.filter(Boolean).join(" · ")),
    url ? h("a", { class: "button button-icon file-download", href: url, download: file.name ?? "", "aria-label": `Download ${name}` }, icon("download", 16)) : null,
  ];
}

function player(kind, file, url) {
  const name = file.title || file.name || "file";
  if (kind === "video") return h("video", { class: "player", src: url, controls: true, preload: "metadata", playsinline: true, "aria-label": `Video: ${name}` });
  if (kind === "audio") return h("audio", { class: "player", src: url, controls: true, preload: "metadata", "aria-label": `Audio: ${name}` });
  return kind === "image" ? h("img", { class: "player", src: url, alt: file.alt_txt || name, loading: "lazy" }) : null;
}
