// The middle of the page: a channel's head, what was said in it, and where one writes.

import { avatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { channelRows } from "./rows.js";
import { SLACKBOT } from "./state.js";
import { Timeline } from "./timeline.js";

export class ChannelView {
  /** `page` is what the rows need to act, and `send`, `invite`, `showSidebar`. */
  constructor({ state, page }) {
    this.state = state;
    this.page = page;
    this.shown = null;
    this.newFrom = null;
    this.title = h("div", { class: "channel-title" });
    this.people = h("button", {
      type: "button",
      class: "button people",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      on: { click: () => this.showPeople() },
    });
    const drawer = h("button", { type: "button", class: "icon-button drawer", "aria-label": "Show channels", "aria-controls": "sidebar", on: { click: () => page.showSidebar() } }, icon("menu"));
    this.timeline = new Timeline({ label: "Messages", onEnter: (ts) => page.openThread(ts) });
    this.composer = new Composer({ state, send: (text) => page.send(text, null), label: "Message" });
    this.closed = h("div", { class: "closed" });
    this.element = h("main", { class: "channel" }, h("header", { class: "channel-head" }, drawer, this.title, this.people), this.timeline.element, this.closed, this.composer.element);
  }

  /** Show a channel; `newFrom` is where its unread messages begin when it is gone to. */
  show(channel, { newFrom = null } = {}) {
    const anew = channel.id !== this.shown;
    if (anew) this.newFrom = newFrom;
    this.shown = channel.id;
    const { state } = this;
    const name = state.channelName(channel);
    const mark = channel.is_im ? avatar(state.user(channel.user), { size: "small" }) : channel.is_private ? icon("lock") : h("span", { class: "hash", "aria-hidden": "true" }, "#");
    this.title.replaceChildren(h("h1", {}, mark, h("span", {}, name)), h("p", { class: "topic", title: channel.topic || null }, channel.topic || ""));
    const count = channel.members?.length ?? 0;
    this.people.hidden = channel.is_im;
    this.people.replaceChildren(icon("people"), String(count));
    this.people.setAttribute("aria-label", `${count} ${count === 1 ? "member" : "members"}. Show and add people`);
    this.timeline.name(`Messages in ${name}`);
    const rows = channelRows(state, this.page.rowContext(channel.id), { newFrom: this.newFrom, top: this.top(channel, name) });
    this.timeline.show(rows, { anew });
    const label = `Message ${channel.is_im ? "" : "#"}${name}`;
    this.composer.open(`${state.me.id} ${channel.id}`, label);
    this.showClosed(channel);
  }

  /** What stands in place of the composer where one cannot write. */
  showClosed(channel) {
    const isMember = channel.is_im || !channel.members || channel.members.includes(this.state.me.id);
    this.composer.element.hidden = channel.is_archived;
    this.closed.hidden = isMember && !channel.is_archived;
    if (channel.is_archived) this.closed.replaceChildren(h("p", {}, "This channel is archived. It can be read, and nobody can write to it."));
    else if (!isMember) {
      this.closed.replaceChildren(
        h("p", {}, `You are not a member of #${channel.name}.`),
        h("button", { type: "button", class: "button button-primary", on: { click: () => this.page.invite(this.state.me.id) } }, "Join channel"),
      );
    }
  }

  showPeople() {
    const channel = this.state.channel(this.shown);
    const members = new Set(channel.members ?? []);
    const entry = (user) => ({ label: user.real_name || user.name, description: user.is_bot ? "App" : `@${user.name}`, value: user.id, picture: avatar(user) });
    const users = [...this.state.users.values()];
    const others = users.filter((user) => !members.has(user.id) && user.id !== SLACKBOT);
    openMenu(
      this.people,
      [
        { heading: "In this channel" },
        ...users.filter((user) => members.has(user.id)).map(entry),
        ...(others.length ? [{ heading: "Add to this channel" }] : []),
        ...others.map((user) => ({ ...entry(user), add: true, label: `Add ${user.real_name || user.name}` })),
      ],
      { label: "People", onPick: (item) => (item.add ? this.page.invite(item.value) : this.page.talkTo(item.value)) },
    );
  }

  /** The beginning of a channel; in an empty one, what may be tried. */
  top(channel, name) {
    const empty = this.state.timeline(channel.id).length === 0;
    const commands = this.state.commands;
    return {
      key: "top",
      signature: JSON.stringify([channel.id, name, channel.topic, empty, commands, channel.is_im]),
      build: () =>
        h(
          "div",
          { class: "channel-top" },
          h("h2", {}, channel.is_im ? name : `${channel.is_private ? "🔒 " : "# "}${name}`),
          h("p", {}, channel.is_im ? `This is the very beginning of your messages with ${name}.` : `This is the very beginning of #${name}.`),
          empty && !channel.is_archived && this.tries(commands),
        ),
    };
  }

  tries(commands) {
    const wanted = commands.flatMap(examples).slice(0, 5);
    if (!wanted.length) return null;
    return h(
      "p",
      { class: "tries" },
      "Try",
      wanted.map((text) => h("button", { type: "button", class: "try", on: { click: () => this.composer.write(text) } }, text)),
    );
  }
}

/** Things to type, read out of a command's usage hint: `[latest | tag:moe | help]`. */
function examples({ command, usage_hint: usage }) {
  const parts = (usage ?? "")
    .split(/[|,]|\sor\s/)
    .map((part) => part.replace(/^[\s[\]<>()…]+|[\s[\]<>()…]+$/g, ""))
    .filter(Boolean);
  return [command, ...parts.map((part) => `${command} ${part}`)];
}
