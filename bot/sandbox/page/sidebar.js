// The list of places to go, and who one is.

import { avatar } from "./avatar.js";
import { h, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { SLACKBOT } from "./state.js";
import { onTheme, theme, toggleTheme } from "./theme.js";

export class Sidebar {
  /** `go(channel)`, `talkTo(user)`, `become(user)` are called for what was chosen. */
  constructor({ state, unread, go, talkTo, become }) {
    Object.assign(this, { state, unread, go, talkTo, become, current: null });
    this.team = h("div", { class: "team" });
    this.lists = h("nav", { class: "places", "aria-label": "Channels and direct messages", on: { keydown: (event) => this.walk(event) } });
    this.person = h("button", {
      type: "button",
      class: "person",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: { menuSide: "left" },
      on: { click: () => this.choosePerson() },
    });
    this.themeButton = h("button", {
      type: "button",
      class: "icon-button theme-button",
      on: {
        click: () => {
          toggleTheme();
          this.showTheme();
        },
      },
    });
    onTheme(() => this.showTheme());
    this.element = h("aside", { class: "sidebar", id: "sidebar", "aria-label": "Workspace" }, this.team, this.lists, h("div", { class: "sidebar-foot" }, this.person, this.themeButton));
    this.showTheme();
  }

  showTheme() {
    const other = theme() === "dark" ? "light" : "dark";
    this.themeButton.replaceChildren(icon(other === "dark" ? "moon" : "sun"));
    this.themeButton.setAttribute("aria-label", `Switch to ${other} theme`);
    this.themeButton.title = `Switch to ${other} theme`;
  }

  show(current) {
    this.current = current;
    const { state } = this;
    this.team.replaceChildren(
      h("span", { class: "team-mark", "aria-hidden": "true" }, (state.team.name || "?").trim()[0]),
      h(
        "span",
        { class: "team-words" },
        h("span", { class: "team-name" }, state.team.name),
        h("span", { class: `bot-state${state.connected ? " on" : ""}` }, state.connected ? "App connected" : "No app connected"),
      ),
    );
    const channels = [...state.channels.values()];
    const rooms = channels.filter((channel) => !channel.is_im).sort((one, other) => one.name.localeCompare(other.name));
    const focused = document.activeElement?.closest?.(".place")?.dataset.place;
    this.lists.replaceChildren(
      group("Channels", rooms.map((channel) => this.channelRow(channel))),
      group("Direct messages", this.directRows(channels)),
    );
    const rows = this.rows();
    const stop = rows.find((row) => row.dataset.place === current) ?? rows[0];
    stop?.setAttribute("tabindex", "0");
    if (focused) rows.find((row) => row.dataset.place === focused)?.focus({ preventScroll: true });
    this.person.replaceChildren(
      avatar(state.me),
      h("span", { class: "person-words" }, h("span", { class: "person-name" }, state.me.real_name || state.me.name), h("span", { class: "person-zone" }, `${state.me.locale} · ${cityOf(state.me.tz)}`)),
      icon("down"),
    );
    this.person.setAttribute("aria-label", `You are ${state.me.real_name || state.me.name}. Switch user`);
  }

  channelRow(channel) {
    const mark = h("span", { class: "place-mark" }, channel.is_private ? icon("lock") : h("span", { "aria-hidden": "true" }, "#"));
    return this.row(channel.id, mark, channel.name, { hint: channel.is_private ? "private channel" : null, isArchived: channel.is_archived });
  }

  /** Everyone one can talk to; a conversation is opened when it is first gone to. */
  directRows(channels) {
    const direct = new Map(channels.filter((channel) => channel.is_im).map((channel) => [channel.user, channel]));
    // Slackbot only answers: it is listed once it has.
    const others = [...this.state.users.values()].filter((user) => user.id !== this.state.me.id && (user.id !== SLACKBOT || direct.has(user.id)));
    others.sort((one, other) => Number(one.is_bot) - Number(other.is_bot) || (one.real_name || one.name).localeCompare(other.real_name || other.name));
    return others.map((user) => {
      const channel = direct.get(user.id);
      const place = channel?.id ?? `with ${user.id}`;
      return this.row(place, avatar(user, { size: "small" }), user.real_name || user.name, {
        isApp: user.is_bot,
        open: channel ? null : () => this.talkTo(user.id),
      });
    });
  }

  row(place, mark, name, { hint = null, isArchived = false, isApp = false, open = null } = {}) {
    const { count, mentions } = place === this.current || open ? { count: 0, mentions: 0 } : this.unread.in(place);
    const classes = ["place", place === this.current && "current", count > 0 && "unread", isArchived && "archived"].filter(Boolean);
    return h(
      "button",
      {
        type: "button",
        class: classes.join(" "),
        tabindex: -1,
        "aria-current": place === this.current ? "page" : null,
        data: { place },
        on: { click: () => (open ? open() : this.go(place)) },
      },
      mark,
      h("span", { class: "place-name" }, name),
      hint && h("span", { class: "unseen" }, ` ${hint}`),
      isApp && h("span", { class: "app-badge" }, "APP"),
      count > 0 && mentions === 0 && h("span", { class: "unread-dot" }, h("span", { class: "unseen" }, ` ${count} unread`)),
      mentions > 0 && h("span", { class: "badge" }, String(mentions), h("span", { class: "unseen" }, " unread")),
    );
  }

  rows() {
    return [...this.lists.querySelectorAll(".place")];
  }

  walk(event) {
    const rows = this.rows();
    const at = rows.indexOf(document.activeElement);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    rows[steps[event.key]]?.focus();
  }

  choosePerson() {
    const people = [...this.state.users.values()].filter((user) => !user.is_bot);
    openMenu(
      this.person,
      people.map((user) => ({
        label: user.real_name || user.name,
        description: [user.locale, user.tz].filter(Boolean).join(" · "),
        value: user.id,
        checked: user.id === this.state.me.id,
        picture: avatar(user),
      })),
      { label: "Switch user", onPick: (item) => this.become(item.value) },
    );
  }
}

/** `New York` of `America/New_York`. */
function cityOf(zone) {
  return (zone ?? "").split("/").at(-1).replaceAll("_", " ");
}

function group(title, rows) {
  return h("section", { class: "place-group" }, h("h2", {}, title), rows);
}
