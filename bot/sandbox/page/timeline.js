// A list of messages that scrolls: it stays at the bottom when it is there, and draws again only what changed.

import { h, icon } from "./dom.js";

const NEAR = 48; // Pixels from the bottom that still count as being there.

export class Timeline {
  /** `onEnter(ts)` is called for Enter on a row. `jumpFromAfar`: offer the way down wherever one is far from it. */
  constructor({ label, onEnter = () => {}, jumpFromAfar = true }) {
    this.rows = new Map();
    this.stuck = true;
    this.top = 0;
    this.unseen = false;
    this.jumpFromAfar = jumpFromAfar;
    this.list = h("div", { class: "timeline-list", role: "list", "aria-label": label });
    this.scroller = h("div", { class: "timeline-scroller" }, this.list);
    this.jumpWords = h("span");
    this.jump = h("button", { type: "button", class: "jump", hidden: true, on: { click: () => this.toBottom() } }, icon("arrow"));
    this.jump.append(this.jumpWords);
    this.element = h("div", { class: "timeline" }, this.scroller, this.jump);
    this.scroller.addEventListener("scroll", () => this.noticeScroll(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.walk(event, onEnter));
    this.list.addEventListener("focusin", (event) => this.rove(event.target.closest(".message")));
    // Pictures that arrive, a composer that grows, a pane that opens: whoever reads the end goes on reading it.
    const watch = new ResizeObserver(() => this.stuck && this.scrollDown());
    watch.observe(this.list);
    watch.observe(this.scroller);
  }

  name(label) {
    this.list.setAttribute("aria-label", label);
  }

  /** Show these items, each `{key, signature, build}`. A row is built again only when its signature is another. */
  show(items, { anew = false } = {}) {
    if (anew) {
      this.rows.clear();
      this.list.replaceChildren();
      this.stuck = true;
      this.unseen = false;
    }
    const last = this.list.lastChild;
    const wanted = new Set(items.map((item) => item.key));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      if (row.node.contains(document.activeElement)) (row.node.previousElementSibling ?? row.node.nextElementSibling)?.focus?.();
      row.node.remove();
      this.rows.delete(key);
    }
    let before = null;
    for (const item of items) {
      const node = this.row(item);
      const place = before ? before.nextSibling : this.list.firstChild;
      if (place !== node) this.list.insertBefore(node, place);
      before = node;
    }
    if (!this.list.querySelector('.message[tabindex="0"]')) this.rove(this.messages().at(-1));
    if (this.stuck) this.scrollDown();
    else if (!anew && last !== this.list.lastChild && wanted.size > 1) this.unseen = true;
    this.showJump();
  }

  row({ key, signature, build }) {
    const kept = this.rows.get(key);
    if (kept?.signature === signature) return kept.node;
    const node = build();
    this.rows.set(key, { node, signature });
    if (kept) {
      const refocus = focusWithin(kept.node);
      if (kept.node.matches(".target")) node.classList.add("target");
      if (kept.node.getAttribute("tabindex") === "0") node.setAttribute("tabindex", "0");
      kept.node.replaceWith(node);
      refocus?.(node);
    }
    return node;
  }

  messages() {
    return [...this.list.querySelectorAll(".message")];
  }

  /** One row is a tab stop; the arrow keys reach the others. */
  rove(row) {
    if (!row) return;
    this.list.querySelector('.message[tabindex="0"]')?.setAttribute("tabindex", "-1");
    row.setAttribute("tabindex", "0");
  }

  walk(event, onEnter) {
    const row = event.target;
    if (!row.matches?.(".message")) return;
    const rows = this.messages();
    const at = rows.indexOf(row);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    if (event.key in steps) {
      event.preventDefault();
      rows[steps[event.key]]?.focus();
      rows[steps[event.key]]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      onEnter(row.dataset.ts);
    }
  }

  away() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  /** Only going up leaves the bottom: what grows below while one reads there must not. */
  noticeScroll() {
    const { scrollTop } = this.scroller;
    if (this.away() < NEAR) {
      this.stuck = true;
      this.unseen = false;
    } else if (scrollTop < this.top) {
      this.stuck = false;
    }
    this.top = scrollTop;
    this.showJump();
  }

  showJump() {
    const far = this.jumpFromAfar && this.away() > this.scroller.clientHeight;
    this.jump.hidden = this.stuck || !(far || this.unseen);
    this.jumpWords.textContent = this.unseen ? "New messages" : "Latest messages";
  }

  scrollDown() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toTop() {
    this.scroller.scrollTop = 0;
    this.top = 0;
    this.stuck = this.away() < NEAR;
    this.showJump();
  }

  toBottom() {
    this.stuck = true;
    this.unseen = false;
    this.scrollDown();
    this.showJump();
  }

  keepInView(ts) {
    this.messages()
      .find((row) => row.dataset.ts === ts)
      ?.scrollIntoView({ block: "nearest" });
  }

  /** Bring one message into view and mark it for a moment. Gives whether it is here. */
  reveal(ts) {
    const row = this.messages().find((one) => one.dataset.ts === ts);
    if (!row) return false;
    this.list.querySelector(".target")?.classList.remove("target");
    this.stuck = false;
    row.classList.add("target");
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    return true;
  }
}

/** How to give the focus back after a row was built again; null where it was not in there. */
function focusWithin(row) {
  const focused = document.activeElement;
  if (!row.contains(focused)) return null;
  const { action } = focused.dataset;
  return (fresh) => (action && [...fresh.querySelectorAll("[data-action]")].find((one) => one.dataset.action === action) || fresh).focus({ preventScroll: true });
}
