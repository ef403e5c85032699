/** Starts the page: one person in one workspace, live. */

import { createApi, getJson } from "./api.js";
import { acceptDrops, Composer } from "./composer.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./avatar.js";
import { MessageList, spokenText } from "./messages.js";
import { Modals } from "./modal.js";
import { closeMenu, redrawMenu } from "./menu.js";
import { Drawer } from "./drawer.js";
import { Home } from "./home.js";
import { announce, toast, withToast } from "./notices.js";
import { Panel } from "./panel.js";
import { restoreTheme, Sidebar } from "./sidebar.js";
import { manageButton } from "./manage.js";
import { channelIcon, isTopLevel, isWithApp, Workspace } from "./state.js";
import { ThreadPane } from "./thread.js";
import { welcomeCard } from "./welcome.js";

const byId = (id) => document.getElementById(id);

class Page {
  constructor(bootstrap) {
    const workspace = new Workspace(bootstrap);
    const api = createApi(() => ({ team: workspace.team.id, user: workspace.user.id }));
    const names = { person: (id) => workspace.person(id), channelName: (id) => workspace.channelName(id) };
    Object.assign(this, { workspace, api, names });
    this.parts = { workspace, api, names };
    this.modals = new Modals(this.parts);
    this.sidebar = new Sidebar(workspace, (place) => this.go(place));
    this.thread = new ThreadPane(this.parts, { close: () => this.go({ thread: null }) });
    this.panel = new Panel(bootstrap);
    this.drawer = new Drawer();
    this.home = new Home(this.parts, () => this.draw());
    this.#buildMain();
  }

  #buildMain() {
    this.list = new MessageList(byId("scroller"), { ...this.parts, openThread: (message) => this.go({ thread: message.thread_ts ?? message.ts }) }, "Messages");
    this.composer = new Composer({ ...this.parts, isThread: false, target: () => ({ channel: this.workspace.channel.id }), onSent: () => this.list.scrollToEnd() });
    byId("composer").append(this.composer.node);
    acceptDrops(byId("main"), this.composer);
    this.run = {
      invite: () => withToast(() => this.api.invite(this.workspace.channel.id)).then((answer) => answer && this.#memberNow()),
      sample: () => this.#useSample(),
    };
  }

  async #useSample() {
    const sample = (this.workspace.bootstrap.samples ?? []).find((one) => one.kind === "video");
    if (!sample) return toast("There is no sample clip here.", "warning");
    const answer = await withToast(() => this.api.sample(sample.name));
    if (answer?.file) await withToast(() => this.api.say({ channel: this.workspace.channel.id, text: "", file_ids: [answer.file.id] }));
    this.list.scrollToEnd();
  }

  #memberNow() {
    this.workspace.setMember(this.workspace.channel.id, true);
    this.draw();
  }

  /** Moves to another team, person, channel or thread; the place stands in the address, so that a reload keeps it. */
  go(place) {
    const next = { ...this.workspace.place, ...place };
    if (place.team && place.team !== this.workspace.place.team) Object.assign(next, { user: null, channel: null, thread: null, ...place });
    if (place.user && place.user !== this.workspace.place.user) Object.assign(next, this.#samePlaceFor(place.user));
    const hash = `#/${[next.team ?? "", next.user ?? "", next.channel ?? "", next.thread ?? ""].map(encodeURIComponent).join("/")}`;
    if (hash === window.location.hash) this.#arrive();
    else window.location.hash = hash;
  }

  /** Channels and their threads are seen by everybody; another person has a direct message of their own with the app. */
  #samePlaceFor(userId) {
    const { channel, team, place } = this.workspace;
    if (!isWithApp(channel)) return { channel: channel.id, thread: place.thread };
    return { channel: team.channels.find((one) => one.user === userId)?.id, thread: null };
  }

  listen() {
    // a file that misses the page's drop zones must not replace the page
    for (const type of ["dragover", "drop"]) window.addEventListener(type, (event) => event.preventDefault());
    window.addEventListener("hashchange", () => this.#arrive());
    document.querySelector("[data-skip]").addEventListener("click", (event) => {
      event.preventDefault();
      byId("main").focus();
    });
    document.addEventListener("keydown", (event) => this.#keys(event));
    document.addEventListener("click", (event) => this.#follow(event));
    return this.#arrive();
  }

  #readHash() {
    const [, team, user, channel, thread] = window.location.hash.split("/").map(decodeURIComponent);
    const { workspace } = this;
    workspace.place = { team: team || null, user: user || null, channel: channel || null, thread: thread || null };
    workspace.place.team = workspace.team.id;
    workspace.place.user = workspace.user.id;
    const direct = workspace.channels.find((one) => one.id === channel) ?? workspace.channels[0];
    workspace.place.channel = direct.id;
  }

  async #arrive() {
    const before = this.who;
    this.#readHash();
    const { place } = this.workspace;
    this.who = `${place.team}/${place.user}`;
    closeMenu(false);
    if (this.who !== before) {
      this.modals.show([]);
      await this.#load();
    }
    this.#openPlace();
  }

  /** Reads everything anew: for another person, or after a lost connection. */
  async #load() {
    this.closeStream?.();
    this.list.clear();
    this.thread.clear();
    const asked = this.who;
    const state = await withToast(() => this.api.state());
    if (asked !== this.who) return;
    this.workspace.load(state ?? {});
    this.closeStream = this.api.events(state?.seq ?? 0, { event: (event) => this.#event(event), status: (up) => this.#status(up) });
    this.modals.show(this.workspace.views);
  }

  #openPlace() {
    const { channel, place } = this.workspace;
    this.workspace.unread.delete(channel.id);
    const name = isWithApp(channel) ? this.workspace.app.name : `${channel.kind === "channel" ? "#" : ""}${channel.name}`;
    document.title = `${name} · ${this.workspace.team.name} · lipsync sandbox`;
    this.composer.open(`${this.who}/${channel.id}`, `Message ${name}`);
    const isNew = this.shownChannel !== `${this.who}/${channel.id}`;
    if (isNew) this.list.clear();
    this.shownChannel = `${this.who}/${channel.id}`;
    this.draw();
    if (isNew) this.home.arrive();
    this.thread.open(channel.id, place.thread, this.who);
    this.drawer.close();
  }

  /** Once the connection is back the state is read anew: the sandbox may have been started again. */
  async #status(up) {
    byId("offline").hidden = up;
    const wasDown = this.down;
    this.down = !up;
    if (!up || !wasDown) return;
    await this.#load();
    this.#openPlace();
  }

  draw() {
    const { workspace } = this;
    this.sidebar.draw();
    this.#drawHead();
    const messages = workspace.channelMessages(workspace.channel.id);
    const key = `${this.shownChannel}:${messages.length === 0}:${workspace.channel.bot_is_member}`;
    if (key !== this.welcomeKey) this.welcome = welcomeCard(workspace, this.composer, this.run);
    this.welcomeKey = key;
    const label = isWithApp(workspace.channel) ? `Direct messages with ${workspace.app.name}` : `Messages in #${workspace.channel.name}`;
    this.list.update(workspace.channel.id, messages, { label, before: [this.welcome] });
    this.home.draw();
    byId("scroller").hidden = byId("composer").hidden = this.home.isOpen;
    this.thread.draw();
  }

  #drawHead() {
    const { workspace } = this;
    const { channel, app } = workspace;
    const isIm = isWithApp(channel);
    const member = h("span", { class: "member" }, icon("check", 14), `${app.name} is in this channel`);
    const invite = h("button", { type: "button", class: "button button-small", on: { click: this.run.invite } }, `Invite @${app.handle}`);
    const key = `${channel.id}:${channel.bot_is_member}:${workspace.user.id}`;
    if (key === this.headKey) return;
    this.headKey = key;
    fill(
      byId("channel-head"),
      isIm ? avatar({ isApp: true, name: "" }, 28) : icon(channelIcon(channel), 20),
      h("h1", { class: "pane-title" }, isIm ? app.name : channel.name),
      isIm ? [h("span", { class: "badge-app" }, "APP"), manageButton(workspace, this.api)] : channel.bot_is_member ? member : invite,
    );
  }

  #event(event) {
    const { workspace } = this;
    const handlers = {
      message: () => this.#message(event),
      message_changed: () => this.#changed(event),
      message_deleted: () => workspace.dropMessage(event.channel, event.ts),
      ephemeral: () => {
        workspace.putEphemeral(event);
        this.#speak(event.message, "Only visible to you: ");
      },
      ephemeral_deleted: () => workspace.dropEphemeral(String(event.id)),
      channel: () => workspace.setMember(event.channel, event.bot_is_member),
      view: () => {
        workspace.views = event.views ?? [];
        this.modals.show(workspace.views);
      },
      install: () => {
        workspace.setInstalled(event);
        redrawMenu();
      },
      home: () => {
        workspace.home = event.view;
      },
      view_errors: () => this.modals.errors(event.view_id, event.errors ?? {}),
      notice: () => {
        toast(event.text, event.level);
      },
    };
    if (!Object.hasOwn(handlers, event.type)) return;
    handlers[event.type]();
    if (!["view", "view_errors", "notice"].includes(event.type)) this.draw();
  }

  #message({ channel, message }) {
    const { workspace } = this;
    const known = workspace.messages.get(channel)?.has(message.ts);
    workspace.putMessage(channel, message);
    if (known || message.user === workspace.user.id) return;
    const here = channel === workspace.channel.id;
    if (!here) workspace.unread.set(channel, (workspace.unread.get(channel) ?? 0) + 1);
    const where = here ? "" : `In ${workspace.channelName(channel) ?? "another channel"}: `;
    this.#speak(message, isTopLevel(message) ? where : `${where}In a thread: `);
  }

  /** A card is edited in place: its new headline is said, where it stands in view. */
  #changed({ channel, message }) {
    const headline = (text) => (text ?? "").split("\n", 1)[0];
    const old = this.workspace.messages.get(channel)?.get(message.ts);
    this.workspace.putMessage(channel, message);
    const isNews = headline(old?.text) !== headline(message.text);
    if (isNews && channel === this.workspace.channel.id) {
      this.#speak({ ...message, text: headline(message.text) }, "Changed: ");
    }
  }

  #speak(message, before) {
    announce(`${before}${this.workspace.author(message).name}: ${spokenText(message, this.names)}`);
  }

  /** A link to a message of this workspace opens it here, as Slack does; chat.getPermalink made it. */
  #follow(event) {
    const place = messagePlace(event.target.closest?.("a.link")?.href);
    if (!place || !this.workspace.channels.some((one) => one.id === place.channel)) return;
    event.preventDefault();
    this.go(place);
  }

  /** Escape closes the thread; a slash outside of fields goes to the composer, as in Slack. */
  #keys(event) {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const typing = event.target.matches?.("input, textarea, select");
    if (event.key === "Escape" && byId("thread").contains(event.target)) this.go({ thread: null });
    else if (event.key === "/" && !typing && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      this.composer.insert(this.composer.field.value || "/");
    }
  }
}

/** Where a link to a message leads: its channel, and its thread if it is a reply; null: it is no such link. */
function messagePlace(href) {
  if (!href) return null;
  const { hostname, pathname, searchParams } = new URL(href);
  const [, channel] = pathname.match(/^\/archives\/(\w+)\/p\d+$/) ?? [];
  return channel && hostname.endsWith(".slack.com") ? { channel, thread: searchParams.get("thread_ts") } : null;
}

async function start() {
  restoreTheme();
  try {
    const page = new Page(await getJson("/ui/bootstrap"));
    await page.listen();
    document.body.dataset.ready = "true";
  } catch (error) {
    fill(byId("scroller"), h("p", { class: "fatal", role: "alert" }, error.message));
    throw error;
  }
}

start();
