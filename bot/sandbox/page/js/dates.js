/** Times as the person's browser would say them. */

const format = (options) => (date) => new Intl.DateTimeFormat(undefined, options).format(date);
const TIME = { hour: "numeric", minute: "2-digit" };
const LONG = { weekday: "long", year: "numeric", month: "long", day: "numeric" };

/** @param {string} ts a Slack timestamp @returns {Date} */
export function tsDate(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

export const clock = format(TIME);
export const fullTime = format({ ...LONG, ...TIME });

const dayKey = (date) => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;

export function sameDay(left, right) {
  return dayKey(left) === dayKey(right);
}

/** "today", "yesterday", "tomorrow" or null. */
function nearDay(date, now = new Date()) {
  for (const [offset, word] of [[0, "today"], [-1, "yesterday"], [1, "tomorrow"]]) {
    const other = new Date(now);
    other.setDate(now.getDate() + offset);
    if (sameDay(date, other)) return word;
  }
  return null;
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** The label of a day between messages. */
export function dayLabel(date) {
  const near = nearDay(date);
  return near ? capital(near) : format({ weekday: "long", month: "long", day: "numeric" })(date);
}

function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return words.format(Math.round(seconds / size), unit);
  }
  return words.format(seconds, "second");
}

const pretty = (options) => (date) => nearDay(date) ?? format(options)(date);
const SHORT = { year: "numeric", month: "short", day: "numeric" };
const PLAIN = { year: "numeric", month: "long", day: "numeric" };

/** The tokens of a Slack date (Slack: formatting message text, date formatting). */
const TOKENS = {
  date_num: (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`,
  date_slash: (date) => format({ year: "numeric", month: "2-digit", day: "2-digit" })(date),
  date: format(PLAIN),
  date_short: format(SHORT),
  date_long: format(LONG),
  date_pretty: pretty(PLAIN),
  date_short_pretty: pretty(SHORT),
  date_long_pretty: pretty(LONG),
  date_long_full: format(LONG),
  day_divider_pretty: pretty(LONG),
  time: clock,
  time_secs: format({ ...TIME, second: "2-digit" }),
  ago,
};

/**
 * Fills a Slack date pattern such as `{date_short} at {time}`; null if the pattern has an unknown token.
 * @param {number} unix seconds
 * @param {string} pattern
 */
export function slackDate(unix, pattern) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return null;
  let known = true;
  const text = pattern.replace(/\{(\w+)\}/g, (whole, token) => {
    if (Object.hasOwn(TOKENS, token)) return TOKENS[token](date);
    known = false;
    return whole;
  });
  return known ? text : null;
}

/** 65000 ms → "1:05". */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** 1500000 → "1.5 MB". */
export function fileSize(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
