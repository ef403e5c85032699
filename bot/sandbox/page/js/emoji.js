/** Emoji shortcodes that an app is likely to send; unknown ones stay readable as `:name:`. */

const EMOJI = {
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", tada: "🎉", wave: "👋", eyes: "👀", ok_hand: "👌",
  clap: "👏", raised_hands: "🙌", pray: "🙏", muscle: "💪", point_right: "👉", point_left: "👈", point_up: "☝️",
  point_down: "👇", smile: "😄", grinning: "😀", blush: "😊", wink: "😉", joy: "😂", sob: "😭", cry: "😢",
  thinking_face: "🤔", sweat_smile: "😅", slightly_smiling_face: "🙂", neutral_face: "😐", lips: "👄", kiss: "💋",
  mouth: "👄", tongue: "👅", ear: "👂", speaking_head_in_silhouette: "🗣️", speaking_head: "🗣️", robot_face: "🤖",
  heart: "❤️", broken_heart: "💔", sparkles: "✨", star: "⭐", star2: "🌟", fire: "🔥", zap: "⚡", boom: "💥",
  rocket: "🚀", hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", clock1: "🕐",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  warning: "⚠️", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", question: "❓", grey_question: "❔",
  exclamation: "❗", heavy_exclamation_mark: "❗", information_source: "ℹ️", bulb: "💡", bell: "🔔", no_bell: "🔕",
  lock: "🔒", unlock: "🔓", key: "🔑", link: "🔗", paperclip: "📎", pushpin: "📌", memo: "📝", pencil: "📝",
  pencil2: "✏️", clipboard: "📋", page_facing_up: "📄", file_folder: "📁", open_file_folder: "📂", package: "📦",
  inbox_tray: "📥", outbox_tray: "📤", envelope: "✉️", email: "📧", calendar: "📆", date: "📅", chart_with_upwards_trend: "📈",
  bar_chart: "📊", mag: "🔍", mag_right: "🔎", gear: "⚙️", wrench: "🔧", hammer: "🔨", hammer_and_wrench: "🛠️",
  wastebasket: "🗑️", recycle: "♻️", repeat: "🔁", arrows_counterclockwise: "🔄", arrow_right: "➡️", arrow_left: "⬅️",
  arrow_up: "⬆️", arrow_down: "⬇️", movie_camera: "🎥", clapper: "🎬", cinema: "🎦", video_camera: "📹", camera: "📷",
  camera_with_flash: "📸", film_frames: "🎞️", film_strip: "🎞️", tv: "📺", studio_microphone: "🎙️", microphone: "🎤",
  headphones: "🎧", musical_note: "🎵", notes: "🎶", speaker: "🔈", sound: "🔉", loud_sound: "🔊", mute: "🔇",
  radio: "📻", iphone: "📱", computer: "💻", globe_with_meridians: "🌐", earth_africa: "🌍", dollar: "💵",
  moneybag: "💰", credit_card: "💳", receipt: "🧾", coin: "🪙", large_green_circle: "🟢", large_yellow_circle: "🟡",
  large_orange_circle: "🟠", red_circle: "🔴", large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫",
  construction: "🚧", rotating_light: "🚨", sos: "🆘", new: "🆕", free: "🆓", cool: "🆒", up: "🆙", "100": "💯",
  one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣", checkered_flag: "🏁", trophy: "🏆", gift: "🎁",
  balloon: "🎈", coffee: "☕", art: "🎨", performing_arts: "🎭", bust_in_silhouette: "👤", busts_in_silhouette: "👥",
  arrow_forward: "▶️", pause_button: "⏸️", double_vertical_bar: "⏸️", black_square_for_stop: "⏹️", snail: "🐌", zzz: "💤",
};

/** @param {string} name @returns {string} the character, or `:name:` */
export function emoji(name) {
  return Object.hasOwn(EMOJI, name) ? EMOJI[name] : `:${name}:`;
}

/** @param {string} text @returns {string} the text with every known shortcode replaced */
export function replaceShortcodes(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => (Object.hasOwn(EMOJI, name) ? EMOJI[name] : whole));
}
