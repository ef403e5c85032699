/** The card that tells a newcomer what to do in an empty place. */

import { h } from "./dom.js";
import { avatar } from "./avatar.js";
import { icon } from "./icons.js";
import { channelIcon, isWithApp } from "./state.js";

/**
 * @param {import("./state.js").Workspace} workspace
 * @param {{insert: (text: string) => void, picker: HTMLInputElement}} composer
 * @param {{sample: () => void, invite: () => void}} run
 */
export function welcomeCard(workspace, composer, run) {
  const { app, channel } = workspace;
  const command = workspace.bootstrap.commands?.[0]?.command ?? "/lipsync";
  const isIm = isWithApp(channel);
  const missing = !isIm && !channel.bot_is_member;
  const first = isIm ? "Drop a video here" : `Type ${command}`;
  return h(
    "section",
    { class: "welcome", "aria-label": "How to begin" },
    h("div", { class: "welcome-mark" }, isIm ? avatar({ isApp: true, name: "" }, 56) : h("span", { class: "welcome-hash" }, icon(channelIcon(channel), 30))),
    h("h2", { class: "welcome-title" }, isIm ? `Your direct messages with ${app.name}` : `This is the start of ${channel.kind === "channel" ? "#" : ""}${channel.name}`),
    h(
      "p",
      { class: "welcome-text" },
      isIm ? h("span", {}, "Drop a video here, or type ", h("kbd", {}, command), " — the app asks what it should say.") : h("span", {}, "Type ", h("kbd", {}, command), " or drop a video here, then choose ", h("em", {}, "Lip-sync this video"), " from the message’s menu. You see the price before anything is made."),
    ),
    missing ? h("p", { class: "welcome-warn" }, icon("info", 16), `${app.name} is not in this channel yet. `, h("button", { type: "button", class: "text-button", on: { click: run.invite } }, `Invite @${app.handle}`)) : null,
    h(
      "div",
      { class: "welcome-buttons" },
      h("button", { type: "button", class: "button button-primary", on: { click: () => (isIm ? composer.picker.click() : composer.insert(`${command} `)) } }, isIm ? "Upload a video" : first),
      h("button", { type: "button", class: "button", on: { click: run.sample } }, icon("video", 16), "Use the sample clip"),
    ),
  );
}
