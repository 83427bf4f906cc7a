// What this user may see of the workspace, kept up to date by what the server tells.

/** Seconds of a Slack timestamp. */
export function seconds(ts) {
  return Number(ts);
}

/** Slack's timestamps compare as text of the same length; ours may differ in length only beyond the year 2286. */
export function byTime(one, other) {
  return one.ts < other.ts ? -1 : one.ts > other.ts ? 1 : 0;
}

/** Slack's own voice: it answers, and is neither talked to nor invited. */
export const SLACKBOT = "USLACKBOT";

export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

export class State {
  constructor() {
    this.ready = false;
    this.team = { id: "", name: "" };
    this.me = { id: "" };
    this.users = new Map();
    this.channels = new Map();
    this.commands = [];
    this.connected = false;
    this.messages = new Map();
    this.ephemerals = new Map();
    this.sorted = new Map();
    this.namesVersion = 0;
    this.names = "";
  }

  /** Take over everything the server holds for this user. */
  load(snapshot) {
    this.ready = true;
    this.team = snapshot.team;
    this.me = snapshot.me;
    this.commands = snapshot.commands ?? [];
    this.connected = Boolean(snapshot.connected);
    this.users = new Map(snapshot.users.map((user) => [user.id, user]));
    this.channels = new Map(snapshot.channels.map((channel) => [channel.id, channel]));
    this.messages = new Map(
      Object.entries(snapshot.messages ?? {}).map(([channel, list]) => [channel, new Map(list.map((message) => [message.ts, message]))]),
    );
    this.ephemerals = new Map((snapshot.ephemerals ?? []).map((message) => [message.id, message]));
    this.sorted.clear();
    const names = JSON.stringify([snapshot.me, snapshot.users, snapshot.channels.map(({ id, name }) => [id, name])]);
    if (names !== this.names) this.namesVersion += 1;
    this.names = names;
  }

  /** Take over one event. Gives the message where it is one that was not here before, else null. */
  apply(event) {
    const { type, channel, message } = event;
    if (type === "connected") this.connected = Boolean(event.value);
    if (type === "ephemeral" || type === "ephemeral_changed") {
      const isNew = !this.ephemerals.has(message.id);
      this.ephemerals.set(message.id, { channel, ...message });
      return isNew ? this.ephemerals.get(message.id) : null;
    }
    if (type === "ephemeral_deleted") this.ephemerals.delete(event.id);
    if (type === "message" || type === "changed") {
      if (!this.messages.has(channel)) this.messages.set(channel, new Map());
      const kept = this.messages.get(channel);
      const isNew = !kept.has(message.ts);
      kept.set(message.ts, message);
      this.sorted.delete(channel);
      return isNew ? message : null;
    }
    if (type === "deleted") {
      this.messages.get(channel)?.delete(event.ts);
      this.sorted.delete(channel);
    }
    return null;
  }

  user(id) {
    return this.users.get(id) ?? null;
  }

  channel(id) {
    return this.channels.get(id) ?? null;
  }

  /** A channel's messages in order, and each thread's replies by its parent's ts. */
  inOrder(channel) {
    if (!this.sorted.has(channel)) {
      const all = [...(this.messages.get(channel)?.values() ?? [])].sort(byTime);
      const replies = new Map();
      for (const message of all) {
        if (!isReply(message)) continue;
        if (!replies.has(message.thread_ts)) replies.set(message.thread_ts, []);
        replies.get(message.thread_ts).push(message);
      }
      this.sorted.set(channel, { all, replies });
    }
    return this.sorted.get(channel);
  }

  replies(channel, ts) {
    return this.inOrder(channel).replies.get(ts) ?? [];
  }

  /** What stands in the channel itself, private answers included. */
  timeline(channel) {
    const said = this.inOrder(channel).all.filter((message) => !isReply(message) || message.subtype === "thread_broadcast");
    return [...said, ...this.privately(channel, null)].sort(byTime);
  }

  /** A thread: its parent first (null where it is gone), then the replies, private answers included. */
  thread(channel, ts) {
    const parent = this.messages.get(channel)?.get(ts) ?? null;
    return { parent, replies: [...this.replies(channel, ts), ...this.privately(channel, ts)].sort(byTime) };
  }

  privately(channel, thread) {
    return [...this.ephemerals.values()].filter(
      (message) => message.channel === channel && (message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : null) === thread,
    );
  }

  /** The name of a channel as its list shows it: a direct message by the other's name. */
  channelName(channel) {
    if (!channel.is_im) return channel.name;
    const other = this.user(channel.user);
    if (channel.user === this.me.id) return `${this.me.real_name || this.me.name} (you)`;
    return other?.real_name || other?.name || channel.name || channel.id;
  }
}
