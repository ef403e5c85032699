/** What the page knows: who is at the keyboard, the channels, messages, private messages and open modals. */

/** @typedef {{id: string, channel: string, thread_ts?: string, message: object}} Ephemeral */

const ONE_PERSON = { team: null, user: null, channel: null, thread: null };

/** Whether a conversation is a person's own with the app. */
export function isWithApp(channel) {
  return channel.kind === "im" && Boolean(channel.user);
}

/** What stands for a kind of conversation. */
export function channelIcon(channel) {
  return { private: "lock", mpim: "people", im: "people" }[channel.kind] ?? "hash";
}

/** Holds the workspace as seen by one person and tells listeners what changed. */
export class Workspace extends EventTarget {
  constructor(bootstrap) {
    super();
    this.bootstrap = { ...bootstrap, teams: bootstrap.teams.map((team) => ({ ...team, users: team.users.map(withFullName) })) };
    this.place = { ...ONE_PERSON };
    this.messages = new Map();
    this.ephemerals = new Map();
    this.views = [];
    this.home = null;
    this.unread = new Map();
  }

  get team() {
    return this.bootstrap.teams.find((team) => team.id === this.place.team) ?? this.bootstrap.teams[0];
  }

  get user() {
    return this.team.users.find((user) => user.id === this.place.user) ?? this.team.users[0];
  }

  /** The conversations that this person sees: public channels, and others that they are in. */
  get channels() {
    return this.team.channels.filter((channel) => !channel.members || channel.members.includes(this.user.id));
  }

  get channel() {
    return this.channels.find((channel) => channel.id === this.place.channel) ?? this.channels[0];
  }

  get app() {
    const botUserId = this.team.bot_user_id ?? this.bootstrap.app.bot_user_id;
    const { app } = this.bootstrap;
    return { ...app, handle: app.bot_name ?? app.name, bot_user_id: botUserId };
  }

  /** Takes over a full reading of the server's state. */
  load(state) {
    this.messages = new Map();
    for (const [id, channel] of Object.entries(state.channels ?? {})) {
      this.messages.set(id, new Map((channel.messages ?? []).map((message) => [message.ts, message])));
      if (typeof channel.bot_is_member === "boolean") this.setMember(id, channel.bot_is_member);
    }
    this.ephemerals = new Map((state.ephemerals ?? []).map((one, index) => [one.id ?? `state-${index}`, normalEphemeral(one)]));
    this.views = state.views ?? [];
    this.home = state.home ?? null;
    this.unread = new Map();
  }

  /** The messages of the channel itself, oldest first, with the private ones in their place. */
  channelMessages(channelId) {
    const all = [...(this.messages.get(channelId)?.values() ?? [])];
    const top = all.filter((message) => isTopLevel(message));
    const own = this.#privateMessages(channelId, (one) => !one.thread_ts);
    return [...top, ...own].sort(byTime);
  }

  /** The parent and its replies, oldest first. */
  threadMessages(channelId, threadTs) {
    const all = [...(this.messages.get(channelId)?.values() ?? [])];
    const inThread = all.filter((message) => message.ts === threadTs || message.thread_ts === threadTs);
    const own = this.#privateMessages(channelId, (one) => one.thread_ts === threadTs);
    return [...inThread, ...own].sort(byTime);
  }

  #privateMessages(channelId, keep) {
    return [...this.ephemerals.values()]
      .filter((one) => one.channel === channelId && keep(one))
      .map((one) => ({ ...one.message, ephemeral_id: one.id, ts: one.message.ts ?? one.id }));
  }

  /** The parent's number of replies: the server's figure, or what is known here if that is more. */
  replyCount(channelId, message) {
    const known = [...(this.messages.get(channelId)?.values() ?? [])].filter(
      (other) => other.thread_ts === message.ts && other.ts !== message.ts,
    );
    return { count: Math.max(message.reply_count ?? 0, known.length), latest: known.sort(byTime).at(-1) };
  }

  putMessage(channelId, message) {
    if (!this.messages.has(channelId)) this.messages.set(channelId, new Map());
    this.messages.get(channelId).set(message.ts, message);
  }

  dropMessage(channelId, ts) {
    this.messages.get(channelId)?.delete(ts);
  }

  putEphemeral(event) {
    const one = normalEphemeral(event);
    this.ephemerals.set(one.id, one);
  }

  dropEphemeral(id) {
    this.ephemerals.delete(id);
  }

  /** Notes whether the app is in a channel. */
  setMember(channelId, isMember) {
    const channel = this.team.channels.find((one) => one.id === channelId);
    if (channel) channel.bot_is_member = isMember;
  }

  /** Notes whether the app is installed in this team, and in its organisation. */
  setInstalled({ is_installed, organisation }) {
    Object.assign(this.team, { is_installed, ...(organisation ? { organisation } : {}) });
  }

  /** A person's or app's name and colour for an id. */
  person(id) {
    const bots = [this.bootstrap.app.bot_user_id, ...this.bootstrap.teams.map((team) => team.bot_user_id)];
    if (!id || bots.includes(id)) return { id: this.app.bot_user_id, name: this.app.name, isApp: true };
    for (const team of this.bootstrap.teams) {
      const user = team.users.find((one) => one.id === id);
      if (user) return user;
    }
    return { id, name: id };
  }

  /** Who wrote a message; messages of bots carry a bot id. */
  author(message) {
    if (message.bot_id || message.subtype === "bot_message" || message.user === this.app.bot_user_id) {
      return { ...this.person(this.app.bot_user_id), name: message.username ?? this.app.name, isApp: true };
    }
    return this.person(message.user);
  }

  channelName(id) {
    for (const team of this.bootstrap.teams) {
      const channel = team.channels.find((one) => one.id === id);
      if (channel) return channel.name;
    }
    return null;
  }

  tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function withFullName(user) {
  return { ...user, name: user.real_name || user.name };
}

function normalEphemeral(event) {
  const message = event.message ?? {};
  return {
    id: String(event.id ?? event.ephemeral_id ?? message.ephemeral_id ?? message.ts),
    channel: event.channel ?? message.channel,
    thread_ts: event.thread_ts ?? message.thread_ts ?? undefined,
    message,
  };
}

export function isTopLevel(message) {
  return !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast";
}

function byTime(left, right) {
  return Number.parseFloat(left.ts) - Number.parseFloat(right.ts);
}
