/** The app's direct message has two tabs, Home and Messages. Home is a view that the app publishes for each person. */

import { fill, h } from "./dom.js";
import { BlockList } from "./block-list.js";
import { isWithApp } from "./state.js";
import { Surface } from "./surface.js";
import { withToast } from "./notices.js";

const TABS = { home: "Home", messages: "Messages" };

export class Home {
  /**
   * @param {{workspace: import("./state.js").Workspace, names: object, api: object}} parts
   * @param {() => void} changed another tab was chosen
   */
  constructor({ workspace, names, api }, changed) {
    Object.assign(this, { workspace, names, api, changed });
    this.tab = "messages";
    this.bar = document.getElementById("home-tabs");
    this.page = document.getElementById("home");
    this.tabs = Object.entries(TABS).map(([name, title]) => this.#button(name, title));
    fill(this.bar, this.tabs);
    this.bar.addEventListener("keydown", (event) => this.#keys(event));
  }

  #button(name, title) {
    return h("button", { type: "button", class: "tab", role: "tab", id: `home-tab-${name}`, "aria-controls": name === "home" ? "home" : "scroller", data: { tab: name }, on: { click: () => this.choose(name) } }, title);
  }

  #keys(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    this.choose(this.tab === "home" ? "messages" : "home");
    this.tabs.find((tab) => tab.dataset.tab === this.tab).focus();
  }

  /** Whether this conversation has a Home beside its messages. */
  get isHere() {
    const { app, channel, user } = this.workspace;
    return Boolean(app.home_tab_enabled) && isWithApp(channel) && channel.user === user.id;
  }

  get isOpen() {
    return this.isHere && this.tab === "home";
  }

  /** Opens a tab; Slack tells the app of it each time. */
  choose(tab) {
    this.tab = tab;
    this.changed();
    return withToast(() => this.api.openHome(tab));
  }

  /** The person has come to a conversation: the app's opens with the tab that was open last. */
  arrive() {
    if (this.isHere) this.choose(this.tab);
  }

  draw() {
    this.bar.hidden = !this.isHere;
    this.page.hidden = !this.isOpen;
    for (const tab of this.tabs) {
      const chosen = tab.dataset.tab === this.tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    if (this.isOpen) this.#view(this.workspace.home);
  }

  #view(view) {
    const { app, user } = this.workspace;
    if (!view) {
      this.viewId = null;
      fill(this.page, h("p", { class: "muted home-empty" }, `${app.name} has published no Home for ${user.name} yet.`));
      return;
    }
    if (view.id !== this.viewId) this.#begin(view);
    this.blocks.update(view.blocks);
  }

  #begin(view) {
    this.viewId = view.id;
    const { api, names, workspace } = this;
    const send = (action) => withToast(() => api.action({ message: null, ...action }));
    this.blocks = new BlockList(new Surface({ kind: "home", names, api, workspace, origin: { view_id: view.id }, send }));
    fill(this.page, h("h2", { class: "sr-only" }, `Home of ${workspace.app.name}`), this.blocks.node);
  }
}
