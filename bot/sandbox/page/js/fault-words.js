/** Plain words for the settings of the fault switches and for the calls they can be narrowed to. */

/** What a setting is called; a name with a dot is for that one switch. A setting not listed shows its own name. */
const SETTINGS = {
  route: "Which calls",
  method: "Which calls",
  times: "How many times (0: until switched off)",
  seconds: "Seconds",
  "webhook_bad_clock.seconds": "Seconds (86,400 is a day)",
  status: "Error number",
  "unknown_status.status": "Stage it reports",
  code: "Error code",
  error: "Error code",
  retry_after: "Come back after (seconds)",
  handled: "Does the work first",
  html: "Answers with a web page",
  accepted: "It did take the order",
  with_id: "It tells the order's number",
  limit: "Videos at once",
  fresh_too: "New links fail too",
  org: "Only this organization (empty: all)",
  bytes_per_s: "Bytes a second",
  bytes: "Breaks off after (bytes)",
  each_method: "So many times for each call",
  broken: "Breaks the connection",
  megabytes: "Largest file (MB)",
  after_s: "Older than (seconds)",
};

const CALLS = {
  "*": "every call",
  create: "ordering a video",
  estimate: "asking the price",
  costs: "asking what a video cost",
  count: "counting videos",
  download: "asking for a download link",
  get: "asking about one video",
  list: "asking about many videos",
  delete: "deleting a video",
  upload: "beginning an upload",
  register: "ending an upload",
  assets: "asking about uploads",
  delete_asset: "deleting an upload",
  put: "sending a file",
  file: "fetching the finished video",
  tts: "speaking a script",
  voices: "listing voices",
  models: "listing models",
  account: "asking about the account",
  errors: "listing known errors",
  secret: "asking for the call's secret",
  "chat.postMessage": "posting a message",
  "chat.update": "changing a message",
  "chat.postEphemeral": "telling one person privately",
  "views.open": "opening a form",
  "views.update": "changing a form",
  "views.publish": "showing its Home",
  "users.info": "asking who somebody is",
  "oauth.v2.access": "trading a code for a token",
  "oauth.v2.exchange": "trading a token that never ends for one that does",
  "files.info": "asking about a file",
  "files.getUploadURLExternal": "beginning an upload",
  "files.completeUploadExternal": "ending an upload",
  "files.delete": "deleting a file",
  "auth.test": "asking whose token it is",
  "apps.connections.open": "opening a connection",
  response_url: "answering a click",
};

/** `slow_answer` as words: for names that nobody has put into words yet. */
export function spaced(name) {
  const text = name.replaceAll(/[_-]+/g, " ");
  return text[0].toUpperCase() + text.slice(1);
}

/** @param {string} fault @param {string} setting */
export function settingWords(fault, setting) {
  return SETTINGS[`${fault}.${setting}`] ?? SETTINGS[setting] ?? spaced(setting);
}

/** @param {string} choice a value of a menu */
export function choiceWords(choice) {
  return CALLS[choice] ?? choice;
}

function spell(seconds) {
  const [size, unit] = [[3600, "h"], [60, "min"]].find(([most]) => Math.abs(seconds) >= most) ?? [1, "s"];
  return `${Math.round((seconds / size) * 10) / 10} ${unit}`;
}

/** What the settings amount to, in one line; those at rest are left out. @param {Record<string, any>} params */
export function settingsLine(fault, params) {
  const parts = Object.entries(params).map(([name, value]) => {
    if (value === "" || value === false || (name === "times" && value === 0)) return "";
    if (value === true) return settingWords(fault, name).toLowerCase();
    if (name === "route" || name === "method") return choiceWords(value);
    if (name === "times") return value === 1 ? "once" : `${value} times`;
    if (name === "seconds") return spell(Number(value));
    return `${settingWords(fault, name).replace(/ \(.*\)$/, "").toLowerCase()}: ${value}`;
  });
  return parts.filter(Boolean).join(" · ");
}
