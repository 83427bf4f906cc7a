// What this user has not looked at yet, kept in this browser.

import { recall, remember } from "./memory.js";
import { isReply } from "./state.js";

export class Unread {
  constructor(state) {
    this.state = state;
    this.read = {};
    this.key = "";
  }

  /** After the state was loaded. A user seen here for the first time has read everything there is. */
  load() {
    const key = `read:${this.state.team.id}:${this.state.me.id}`;
    if (key !== this.key) {
      this.key = key;
      this.read = parsed(recall(key)) ?? this.allRead();
    }
    this.keep();
  }

  allRead() {
    return Object.fromEntries([...this.state.channels.keys()].map((channel) => [channel, this.last(channel)]));
  }

  last(channel) {
    return this.state.inOrder(channel).all.filter((message) => !isReply(message)).at(-1)?.ts ?? "0";
  }

  /** What others said in the channel since it was last read: `{count, mentions, from}`. */
  in(channel) {
    const since = this.read[channel] ?? "0";
    const { me } = this.state;
    const fresh = this.state
      .inOrder(channel)
      .all.filter((message) => !isReply(message) && message.ts > since && message.user !== me.id && message.subtype !== "channel_join");
    const isDirect = this.state.channel(channel)?.is_im;
    const mentions = isDirect ? fresh.length : fresh.filter((message) => mentionsMe(message, me.id)).length;
    return { count: fresh.length, mentions, from: fresh[0]?.ts ?? null };
  }

  markRead(channel) {
    const last = this.last(channel);
    if (last <= (this.read[channel] ?? "0")) return;
    this.read[channel] = last;
    this.keep();
  }

  keep() {
    remember(this.key, JSON.stringify(this.read));
  }
}

function mentionsMe(message, me) {
  return new RegExp(`<@${me}[|>]|<!(here|channel|everyone)[|>]`).test(message.text ?? "");
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
