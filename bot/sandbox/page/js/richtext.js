/** rich_text blocks into nodes. */

import { h, fragment } from "./dom.js";
import { emoji } from "./emoji.js";
import { slackDate } from "./dates.js";
import { link } from "./mrkdwn.js";

const STYLE_TAGS = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };
const LIST_STYLES = ["decimal", "lower-alpha", "lower-roman"];
const BULLETS = ["disc", "circle", "square"];

/** @param {object} block @param {import("./mrkdwn.js").Names} names */
export function richText(block, names) {
  return h("div", { class: "block block-rich-text" }, (block.elements ?? []).map((element) => group(element, names)));
}

function group(element, names) {
  const content = () => (element.elements ?? []).map((one) => leaf(one, names));
  switch (element.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, content());
    case "rich_text_quote":
      return h("blockquote", { class: "mrkdwn-quote" }, content());
    case "rich_text_preformatted":
      return h("pre", { class: "mrkdwn-pre", tabindex: "0" }, content());
    case "rich_text_list":
      return list(element, names);
    default:
      return h("div", { class: "rich-section" }, content());
  }
}

function list(element, names) {
  const indent = element.indent ?? 0;
  const ordered = element.style === "ordered";
  const marker = (ordered ? LIST_STYLES : BULLETS)[indent % 3];
  const style = { "list-style-type": marker, "margin-inline-start": `${indent * 24}px` };
  const start = ordered && element.offset ? element.offset + 1 : null;
  return h(ordered ? "ol" : "ul", { class: "rich-list", style, start }, (element.elements ?? []).map((item) => h("li", {}, group(item, names))));
}

function styled(node, style) {
  return Object.entries(STYLE_TAGS).reduce(
    (inner, [name, tag]) => (style?.[name] ? h(tag, { class: tag === "code" ? "mrkdwn-code" : null }, inner) : inner),
    node,
  );
}

function leaf(element, names) {
  return styled(bare(element, names), element.style);
}

function bare(element, names) {
  switch (element.type) {
    case "text":
      return withBreaks(element.text ?? "");
    case "link":
      return link(element.url ?? "", element.text || element.url || "");
    case "emoji":
      return fragment(emoji(element.name ?? ""));
    case "user":
      return h("span", { class: "mention" }, `@${names.person(element.user_id).name}`);
    case "channel":
      return h("span", { class: "mention" }, `#${names.channelName(element.channel_id) ?? "unknown-channel"}`);
    case "broadcast":
      return h("span", { class: "mention mention-wide" }, `@${element.range}`);
    case "usergroup":
      return h("span", { class: "mention" }, `@${element.usergroup_id}`);
    case "color":
      return fragment(h("span", { class: "swatch", style: { background: element.value ?? "" } }), element.value ?? "");
    case "date":
      return h("time", {}, slackDate(element.timestamp, element.format ?? "") ?? element.fallback ?? "");
    default:
      return fragment(element.text ?? `[${element.type}]`);
  }
}

function withBreaks(text) {
  const result = fragment();
  text.split("\n").forEach((line, index) => {
    if (index > 0) result.append(h("br"));
    result.append(document.createTextNode(line));
  });
  return result;
}
