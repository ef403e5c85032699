/** Slack's mrkdwn into nodes: links, mentions, dates, bold, italic, strike, code, quotes, emoji. */

import { fragment, h, safeUrl } from "./dom.js";
import { replaceShortcodes } from "./emoji.js";
import { fullTime, slackDate } from "./dates.js";

/** @typedef {{person: (id: string) => {name: string}, channelName: (id: string) => string|null}} Names */

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Slack escapes only these three. */
export function unescapeEntities(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** @param {string} text @returns {string} plain_text: shortcodes become emoji unless `emoji` is false */
export function plainText(object) {
  const text = typeof object === "string" ? object : (object?.text ?? "");
  return object?.emoji === false ? text : replaceShortcodes(text);
}

/** Any text object into nodes. */
export function textObject(object, names) {
  if (!object) return fragment();
  return object.type === "mrkdwn" ? mrkdwn(object.text ?? "", names) : fragment(plainText(object));
}

/** @param {string} text @param {Names} names @returns {DocumentFragment} */
export function mrkdwn(text, names) {
  const result = fragment();
  const fences = text.split(/```/);
  const closed = fences.length % 2 === 1;
  fences.forEach((part, index) => {
    const isCode = index % 2 === 1 && (closed || index < fences.length - 1);
    if (isCode) result.append(h("pre", { class: "mrkdwn-pre", tabindex: "0" }, unescapeEntities(codeText(part)).replace(/^\n|\n$/g, "")));
    else result.append(lines(index % 2 === 1 ? "```" + part : trimAroundFence(part, index, fences.length), names));
  });
  return result;
}

function trimAroundFence(part, index, count) {
  let text = part;
  if (index > 0) text = text.replace(/^\n/, "");
  if (index < count - 1) text = text.replace(/\n$/, "");
  return text;
}

/** Inside code a link shows its address or label as text. */
function codeText(text) {
  return text.replace(/<([^>|]+)(?:\|([^>]*))?>/g, (_whole, target, label) => label ?? target);
}

function lines(text, names) {
  const result = fragment();
  let quote = null;
  let first = true;
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>)\s?(.*)$/s.exec(line);
    if (quoted) {
      if (quote) quote.append(h("br"));
      else quote = result.appendChild(h("blockquote", { class: "mrkdwn-quote" }));
      quote.append(inline(quoted[1], names));
      first = true;
      continue;
    }
    quote = null;
    if (!first) result.append(h("br"));
    first = false;
    result.append(inline(line, names));
  }
  return result;
}

const STYLES = { "*": "strong", _: "em", "~": "s" };
const INLINE = /(?<!\u2060)`([^`\n]+)`|<([^<>\n]+)>|(?<![\p{L}\p{N}\u2060])([*_~])(?=\S)((?:<[^<>]*>|(?!\3)[^\n]|(?<=\s)\3)+?)(?<=\S)\3(?![\p{L}\p{N}])/gu;

function inline(text, names) {
  const result = fragment();
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, angle, mark, styled] = match;
    if (match.index > end) result.append(plain(text.slice(end, match.index)));
    end = match.index + whole.length;
    if (code !== undefined) result.append(h("code", { class: "mrkdwn-code" }, unescapeEntities(codeText(code))));
    else if (angle !== undefined) result.append(control(angle, names));
    else result.append(h(STYLES[mark], {}, inline(styled, names)));
  }
  if (end < text.length) result.append(plain(text.slice(end)));
  return result;
}

/** Only these are links; other things in angle brackets are text that nobody escaped. */
const ADDRESS = /^(?:https?:|mailto:)/i;

function plain(text) {
  return document.createTextNode(unescapeEntities(replaceShortcodes(text)));
}

/** What stands between angle brackets: a mention, a date, a special word or a link. */
function control(body, names) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? null : unescapeEntities(body.slice(bar + 1));
  if (target.startsWith("@")) return mention(`@${label || names.person(target.slice(1)).name}`);
  if (target.startsWith("#")) return mention(`#${label || names.channelName(target.slice(1)) || "unknown-channel"}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(specialWord(target.slice(1), label), "mention-wide");
  if (!ADDRESS.test(target)) return document.createTextNode(unescapeEntities(`<${body}>`));
  return link(unescapeEntities(target), label ?? unescapeEntities(target));
}

function specialWord(word, label) {
  if (label) return label.startsWith("@") ? label : `@${label}`;
  return `@${word.split("^")[0]}`;
}

function mention(text, extra = "") {
  return h("span", { class: `mention ${extra}`.trim() }, text);
}

function date(target, fallback) {
  const [, unix, pattern = "", url] = target.split("^");
  const text = slackDate(Number(unix), pattern) ?? fallback ?? pattern;
  const stamp = new Date(Number(unix) * 1000);
  const valid = !Number.isNaN(stamp.getTime());
  const time = h("time", { datetime: valid ? stamp.toISOString() : null, title: valid ? fullTime(stamp) : null }, text);
  return url && safeUrl(url) ? link(url, time) : time;
}

/** A link that opens elsewhere; a target that is no web address stays text. */
export function link(url, label) {
  const safe = ADDRESS.test(url) ? safeUrl(url) : null;
  if (!safe) return h("span", { class: "unsafe-link" }, label);
  return h("a", { class: "link", href: safe, target: "_blank", rel: "noopener noreferrer" }, label);
}
