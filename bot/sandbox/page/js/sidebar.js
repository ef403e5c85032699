/** Who is at the keyboard and where: teams, the person, channels and the direct message with the app. */

import { fill, h, hiddenText } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./avatar.js";
import { showMenu } from "./menu.js";
import { channelIcon, isWithApp } from "./state.js";

const THEMES = ["light", "dark"];

export class Sidebar {
  /**
   * @param {import("./state.js").Workspace} workspace
   * @param {(place: object) => void} go moves to another team, person or channel
   */
  constructor(workspace, go) {
    this.workspace = workspace;
    this.go = go;
    this.rail = document.getElementById("rail");
    this.node = document.getElementById("sidebar");
  }

  /** Draws only what changed, so that the focus is not lost to every new message. */
  draw() {
    const { workspace } = this;
    const channels = workspace.channels.map((one) => [one.id, workspace.unread.get(one.id) ?? 0]);
    const drawn = JSON.stringify([workspace.team.id, workspace.user.id, workspace.channel.id, channels, isDark()]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = document.activeElement?.dataset?.focus;
    fill(this.rail, h("div", { class: "rail-teams", role: "group", "aria-label": "Workspaces" }, workspace.bootstrap.teams.map((team) => this.#team(team))), this.#theme());
    fill(
      this.node,
      h("div", { class: "sidebar-head" }, h("div", { class: "sidebar-team" }, workspace.team.name), h("div", { class: "sidebar-mode" }, h("span", { class: "dot" }), workspace.bootstrap.mode === "http" ? "App over signed HTTP" : "App over Socket Mode")),
      h("nav", { class: "sidebar-nav", "aria-label": "Channels" }, this.#section("Channels", (one) => !isDirect(one)), this.#section("Direct messages", isDirect)),
      this.#person(),
    );
    if (focused) document.querySelector(`#nav [data-focus="${CSS.escape(focused)}"]`)?.focus();
  }

  #team(team) {
    const current = team.id === this.workspace.team.id;
    const initials = team.name.split(/\s+/).slice(0, 2).map((word) => word[0]?.toUpperCase()).join("");
    return h("button", { type: "button", class: "team", "aria-pressed": String(current), "aria-label": team.name, title: team.name, data: { focus: team.id }, on: { click: () => this.go({ team: team.id }) } }, initials);
  }

  #theme() {
    const dark = isDark();
    const label = dark ? "Use light colours" : "Use dark colours";
    return h("button", { type: "button", class: "rail-button", "aria-label": label, title: label, on: { click: () => this.#setTheme(dark ? "light" : "dark") } }, icon(dark ? "sun" : "moon"));
  }

  #setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
    this.draw();
    this.rail.querySelector(".rail-button").focus();
  }

  #section(title, keep) {
    const channels = this.workspace.channels.filter(keep);
    if (channels.length === 0) return null;
    return h("section", { class: "channels" }, h("h2", { class: "channels-title" }, title), h("ul", {}, channels.map((channel) => h("li", {}, this.#channel(channel)))));
  }

  #channel(channel) {
    const { workspace } = this;
    const current = channel.id === workspace.channel.id;
    const unread = workspace.unread.get(channel.id) ?? 0;
    const isIm = isWithApp(channel);
    return h(
      "button",
      {
        type: "button",
        class: `channel ${unread ? "channel-unread" : ""}`.trim(),
        "aria-current": current ? "page" : null,
        data: { channel: channel.id, focus: channel.id },
        on: { click: () => this.go({ channel: channel.id, thread: null }) },
      },
      isIm ? avatar({ isApp: true, name: "" }, 20) : icon(channelIcon(channel), 16),
      h("span", { class: "channel-name" }, isIm ? workspace.app.name : channel.name),
      isIm ? h("span", { class: "badge-app" }, "APP") : null,
      unread ? h("span", { class: "unread" }, String(unread), hiddenText(" unread")) : null,
    );
  }

  #person() {
    const { workspace } = this;
    const person = workspace.user;
    const items = workspace.team.users.map((user) => ({
      label: user.name,
      detail: user.standing,
      node: avatar(user, 24),
      checked: user.id === person.id,
      run: () => this.go({ user: user.id }),
    }));
    const button = h(
      "button",
      { type: "button", class: "person", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": `You are ${person.name}. Switch person`, data: { focus: "person" } },
      avatar(person, 32),
      h("span", { class: "person-text" }, h("span", { class: "person-name" }, person.name), h("span", { class: "person-note" }, [person.standing, "Switch person"].filter(Boolean).join(" · "))),
      icon("people", 18),
    );
    button.addEventListener("click", () => showMenu(button, [{ heading: "Be someone else" }, ...items], "Switch person"));
    return button;
  }
}

function isDirect(channel) {
  return channel.kind === "im" || channel.kind === "mpim";
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Takes up the colours that were chosen last time. */
export function restoreTheme() {
  const theme = localStorage.getItem("theme");
  if (THEMES.includes(theme)) document.documentElement.dataset.theme = theme;
}
