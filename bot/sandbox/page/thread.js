// The pane beside the channel that holds one thread.

import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { threadRows } from "./rows.js";
import { Timeline } from "./timeline.js";

export class ThreadPane {
  constructor({ state, page }) {
    this.state = state;
    this.page = page;
    this.shown = null;
    this.where = h("span", { class: "thread-where" });
    this.timeline = new Timeline({ label: "Thread", jumpFromAfar: false });
    this.composer = new Composer({ state, send: (text) => page.send(text, this.shown), withCommands: false, label: "Reply" });
    const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close thread", title: "Close (Esc)", on: { click: () => page.closeThread() } }, icon("close"));
    this.element = h(
      "aside",
      { class: "thread", "aria-label": "Thread", hidden: true },
      h("header", { class: "thread-head" }, h("h2", {}, "Thread"), this.where, close),
      this.timeline.element,
      this.composer.element,
    );
  }

  /** Show the thread of `ts`, or none. A long thread opens at its beginning, as one reads it. */
  show(channel, ts) {
    const key = ts && `${this.state.me.id} ${channel.id} ${ts}`;
    const anew = key !== this.key;
    this.key = key;
    this.shown = ts;
    this.element.hidden = !ts;
    if (!ts) return;
    this.where.textContent = channel.is_im ? this.state.channelName(channel) : `#${channel.name}`;
    this.timeline.show(threadRows(this.state, this.page.rowContext(channel.id), ts), { anew });
    if (anew) this.timeline.toTop();
    this.composer.open(key, "Reply…");
    this.composer.element.hidden = channel.is_archived;
  }
}
