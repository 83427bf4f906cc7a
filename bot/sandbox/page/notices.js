// Short words at the edge of the page: what went wrong, what was done.

import { h, icon } from "./dom.js";

const SHOWN = 5_000;

export class Notices {
  constructor() {
    this.list = h("div", { class: "notices" });
    this.line = h("div", { class: "line-state", role: "status", hidden: true }, h("span", { class: "spinner" }), "Connection lost. Trying again…");
    this.spoken = h("div", { class: "unseen", role: "log", "aria-live": "polite", "aria-label": "New messages" });
    this.elements = [this.list, this.line, this.spoken];
  }

  /** Something failed: it stays until it is closed. */
  fail(words) {
    const note = h("div", { class: "notice-card failed", role: "alert" }, icon("alert"), h("span", {}, words));
    note.append(h("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => note.remove() } }, icon("close")));
    this.list.append(note);
    while (this.list.children.length > 3) this.list.firstChild.remove();
  }

  tell(words) {
    const note = h("div", { class: "notice-card", role: "status" }, icon("check"), h("span", {}, words));
    this.list.append(note);
    setTimeout(() => note.remove(), SHOWN);
  }

  /** Say a new message to those who hear the page. */
  speak(words) {
    this.spoken.append(h("p", {}, words));
    while (this.spoken.children.length > 5) this.spoken.firstChild.remove();
  }

  lineDown(isDown) {
    this.line.hidden = !isDown;
  }
}
