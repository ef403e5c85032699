/** Block Kit layout blocks into nodes. */

import { fragment, h, safeUrl, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { link, mrkdwn, plainText, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { renderElement } from "./elements.js";
import { fileCard } from "./files.js";
import { chart, dataTable, table } from "./data.js";

/**
 * @param {object[]} blocks
 * @param {import("./surface.js").Surface} surface
 * @returns {DocumentFragment}
 */
export function renderBlocks(blocks, surface) {
  return fragment((blocks ?? []).map((block, index) => renderBlock(block, surface, index)));
}

const RENDERERS = { section, actions, context, context_actions: actions, header, divider, image, input, rich_text: (block, surface) => richText(block, surface.names), file, video, alert, markdown, table: (block, surface) => table(block, surface.names), data_table: (block, surface) => dataTable(block, surface.names), data_visualization: chart };

function renderBlock(block, surface, index) {
  const withId = { ...block, block_id: block.block_id ?? `block-${index}` };
  const render = RENDERERS[block.type] ?? unknown;
  const node = render(withId, surface);
  node.dataset.blockId = withId.block_id;
  return node;
}

const slotFor = (surface, block, extra = {}) => ({
  surface,
  blockId: block.block_id,
  id: uniqueId("element"),
  label: "",
  labelledBy: null,
  describedBy: null,
  required: false,
  dispatches: true,
  ...extra,
});

function section(block, surface) {
  const textId = uniqueId("section");
  const label = block.text?.text ?? "";
  return h(
    "div",
    { class: `block block-section ${block.accessory ? "with-accessory" : ""}`.trim() },
    h(
      "div",
      { class: "section-main" },
      block.text ? h("div", { id: textId, class: "section-text" }, textObject(block.text, surface.names)) : null,
      block.fields?.length ? h("div", { class: "section-fields" }, block.fields.map((field) => h("div", { class: "section-field" }, textObject(field, surface.names)))) : null,
    ),
    block.accessory ? h("div", { class: "section-accessory" }, accessory(block, surface, { label, labelledBy: block.text ? textId : null })) : null,
  );
}

function accessory(block, surface, naming) {
  if (block.accessory.type === "image") return pictureNode(block.accessory, "accessory-image");
  return renderElement(block.accessory, slotFor(surface, block, { label: naming.label, describedBy: naming.labelledBy }));
}

function actions(block, surface) {
  return h(
    "div",
    { class: "block block-actions" },
    (block.elements ?? []).map((element) => renderElement(element, slotFor(surface, block, { label: plainText(element.placeholder) || "Choose an option" }))),
  );
}

function context(block, surface) {
  const one = (element) => (element.type === "image" ? pictureNode(element, "context-image") : h("span", { class: "context-text" }, textObject(element, surface.names)));
  return h("div", { class: "block block-context" }, (block.elements ?? []).map(one));
}

function header(block, surface) {
  return h("h3", { class: "block block-header" }, plainText(block.text));
}

function divider() {
  return h("hr", { class: "block block-divider" });
}

function image(block) {
  return h("figure", { class: "block block-image" }, block.title ? h("figcaption", {}, plainText(block.title)) : null, pictureNode(block, "image-large"));
}

/** A picture from an address; if it cannot be had, its description stands there instead. */
function pictureNode(source, className) {
  const url = safeUrl(source.image_url ?? source.slack_file?.url ?? "");
  const alt = source.alt_text ?? "";
  const missing = () => h("span", { class: `${className} image-missing`, role: "img", "aria-label": alt || "Image" }, icon("file", 16), className === "image-large" ? alt || "Image" : null);
  if (!url) return missing();
  const node = h("img", { class: className, src: url, alt, loading: "lazy", referrerpolicy: "no-referrer" });
  node.addEventListener("error", () => node.replaceWith(missing()));
  return node;
}

function input(block, surface) {
  const labelId = uniqueId("label");
  const hintId = uniqueId("hint");
  const errorId = uniqueId("error");
  const slot = slotFor(surface, block, {
    label: plainText(block.label),
    labelledBy: labelId,
    describedBy: [block.hint ? hintId : null, errorId].filter(Boolean).join(" "),
    required: !block.optional,
    dispatches: block.dispatch_action === true,
  });
  const element = block.element ?? {};
  return h(
    "div",
    { class: "block block-input", data: { field: slot.id } },
    h("label", { id: labelId, for: slot.id, class: "input-label" }, plainText(block.label), block.optional ? h("span", { class: "input-optional" }, " (optional)") : null),
    renderElement(element, slot),
    block.hint ? h("p", { id: hintId, class: "input-hint" }, plainText(block.hint)) : null,
    h("p", { id: errorId, class: "input-error", hidden: true }),
  );
}

/**
 * Shows or clears the error of one input block.
 * @param {HTMLElement} node the block's node @param {string|null} text
 * @returns {HTMLElement|null} the control to focus
 */
export function showError(node, text) {
  const error = node.querySelector(".input-error");
  const control = document.getElementById(node.dataset.field);
  if (error) {
    error.hidden = !text;
    error.replaceChildren(...(text ? [icon("warning", 15), document.createTextNode(text)] : []));
  }
  node.classList.toggle("has-error", Boolean(text));
  if (control) control.setAttribute("aria-invalid", text ? "true" : "false");
  return control?.matches("input, select, textarea") ? control : (control?.querySelector("input, select, textarea, button") ?? control);
}

function file(block) {
  return h("div", { class: "block block-file" }, block.file ? fileCard(block.file) : h("p", { class: "muted" }, `Remote file ${block.external_id ?? ""}`));
}

function video(block, surface) {
  const title = plainText(block.title);
  return h(
    "div",
    { class: "block block-video" },
    h("div", { class: "video-title" }, block.title_url ? link(block.title_url, title) : title),
    block.description ? h("p", { class: "muted" }, textObject(block.description, surface.names)) : null,
    pictureNode({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "image-large"),
    h("p", { class: "muted" }, [block.provider_name, block.author_name].filter(Boolean).join(" · "), " ", link(block.video_url ?? "", "Open the player")),
  );
}

const ALERT_ICONS = { warning: "warning", error: "warning", success: "check" };

function alert(block, surface) {
  const level = ["info", "warning", "error", "success"].includes(block.level) ? block.level : "default";
  const word = { warning: "Warning: ", error: "Error: ", success: "Success: " }[level];
  return h(
    "div",
    { class: `block block-alert alert-${level}`, role: "note" },
    icon(ALERT_ICONS[level] ?? "info", 18),
    h("div", {}, word ? h("span", { class: "sr-only" }, word) : null, textObject(typeof block.text === "string" ? { type: "mrkdwn", text: block.text } : block.text, surface.names)),
  );
}

/** Standard Markdown, near enough: bold, headings, bullets and links become their mrkdwn forms. */
function markdown(block, surface) {
  const text = (block.text ?? "")
    .replace(/^#{1,6}\s+(.+)$/gm, "*$1*")
    .replace(/\*\*(.+?)\*\*/g, "*$1*")
    .replace(/^[-*]\s+/gm, "• ")
    .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>");
  return h("div", { class: "block block-section" }, h("div", { class: "section-text" }, mrkdwn(text, surface.names)));
}

/** A block this page cannot draw stays visible with its content. */
function unknown(block) {
  return h(
    "details",
    { class: "block block-unknown" },
    h("summary", {}, `This sandbox cannot show a “${block.type ?? "?"}” block`),
    h("pre", { class: "mrkdwn-pre", tabindex: "0" }, JSON.stringify(block, null, 2)),
  );
}
