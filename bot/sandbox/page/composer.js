// Where one writes: grows with the text, offers commands and names, sends on Enter.

import { avatar } from "./avatar.js";
import { offers, typedCommand } from "./completion.js";
import { h, icon } from "./dom.js";

let count = 0;

export class Composer {
  /** `send(text)` gives a promise that is refused with words for a person. In a thread there are no commands. */
  constructor({ state, send, withCommands = true, label }) {
    this.state = state;
    this.send = send;
    this.withCommands = withCommands;
    this.drafts = new Map();
    this.sent = [];
    this.place = null;
    this.offered = null;
    this.at = 0;
    this.dismissed = null;
    count += 1;
    this.id = `composer-${count}`;
    this.input = h("textarea", {
      class: "composer-input",
      rows: 1,
      role: "combobox",
      "aria-label": label,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${this.id}-offers`,
      "aria-describedby": `${this.id}-hint`,
      spellcheck: "true",
      autocomplete: "off",
    });
    this.list = h("div", { class: "offers", id: `${this.id}-offers`, role: "listbox", "aria-label": "Suggestions", hidden: true });
    this.hint = h("div", { class: "composer-hint", id: `${this.id}-hint` });
    this.refusal = h("div", { class: "composer-error", role: "alert" });
    this.button = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send", disabled: true }, icon("send"));
    this.form = h(
      "form",
      { class: "composer-box", on: { submit: (event) => this.submit(event) } },
      this.input,
      h("div", { class: "composer-foot" }, this.hint, this.button),
    );
    this.element = h("div", { class: "composer" }, this.refusal, this.list, this.form);
    this.input.addEventListener("input", () => {
      this.refuse(null);
      this.changed();
    });
    this.input.addEventListener("click", () => this.offer());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    this.form.addEventListener("click", (event) => event.target === this.form && this.input.focus());
  }

  /** Write to another place: its draft comes back. */
  open(place, label) {
    this.input.setAttribute("aria-label", label);
    this.input.placeholder = label;
    if (place === this.place) return;
    if (this.place) this.drafts.set(this.place, this.input.value);
    this.place = place;
    this.input.value = this.drafts.get(place) ?? "";
    this.refuse(null);
    this.changed();
    this.close();
  }

  forget() {
    this.drafts.clear();
    this.place = null;
  }

  write(text) {
    this.input.value = text;
    this.changed();
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
  }

  changed() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
    this.button.disabled = this.input.value.trim() === "";
    this.dismissed = null;
    this.offer();
    this.showHint();
  }

  showHint() {
    const command = this.withCommands && typedCommand(this.input.value, this.state);
    if (command) this.hint.replaceChildren(h("b", {}, command.command), ` ${command.usage_hint ?? ""}`);
    else this.hint.replaceChildren(this.input.value ? h("span", { class: "keys" }, h("kbd", {}, "Shift"), "+", h("kbd", {}, "Enter"), " for a new line") : "");
  }

  offer() {
    const { value, selectionStart, selectionEnd } = this.input;
    const found = selectionStart === selectionEnd ? offers(value, selectionStart, this) : null;
    if (!found || this.dismissed === value) {
      this.close();
      return;
    }
    this.offered = found;
    this.at = 0;
    this.list.replaceChildren(
      ...found.items.map((item, at) =>
        h(
          "div",
          {
            class: "offer",
            role: "option",
            id: `${this.id}-offer-${at}`,
            on: {
              pointerdown: (event) => {
                event.preventDefault(); // The focus stays where one writes.
                this.take(item);
              },
            },
          },
          item.user && avatar(item.user, { size: "small" }),
          h("span", { class: "offer-label" }, item.label),
          item.user?.is_bot && h("span", { class: "app-badge" }, "APP"),
          item.detail && h("span", { class: "offer-detail" }, item.detail),
          item.description && h("span", { class: "offer-description" }, item.description),
        ),
      ),
    );
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  mark(at) {
    this.at = at;
    for (const [place, row] of [...this.list.children].entries()) row.setAttribute("aria-selected", String(place === at));
    this.list.children[at]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `${this.id}-offer-${at}`);
  }

  close() {
    this.offered = null;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  take(item) {
    const { value, selectionStart } = this.input;
    const head = value.slice(0, this.offered.from) + item.insert;
    this.input.value = head + value.slice(selectionStart).replace(/^ /, "");
    this.input.setSelectionRange(head.length, head.length);
    this.changed();
    this.close();
  }

  key(event) {
    // Enter that ends a syllable (Korean, Japanese, Chinese) belongs to the input method; Safari tells only by 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.offered && this.offerKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "ArrowUp" && this.input.value === "" && this.sent.length) {
      event.preventDefault();
      this.write(this.sent.at(-1));
      this.close();
    }
  }

  /** Whether the key was for the offers. */
  offerKey({ key, shiftKey }) {
    const { items } = this.offered;
    const chosen = items[this.at];
    if (key === "ArrowDown") this.mark((this.at + 1) % items.length);
    else if (key === "ArrowUp") this.mark((this.at - 1 + items.length) % items.length);
    else if (key === "Escape") {
      this.dismissed = this.input.value;
      this.close();
    } else if ((key === "Enter" || key === "Tab") && !shiftKey) {
      if (key === "Enter" && chosen.exact === this.input.value) return false; // Typed out already: Enter sends it.
      this.take(chosen);
    } else return false;
    return true;
  }

  async submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text) return;
    const { place } = this;
    this.input.value = "";
    this.drafts.delete(place);
    this.sent.push(text);
    this.refuse(null);
    this.changed();
    this.element.classList.add("sending");
    try {
      await this.send(text);
    } catch (refusal) {
      if (this.place !== place) this.drafts.set(place, text);
      else {
        if (this.input.value === "") this.write(text);
        this.close();
        this.refuse(refusal.message);
      }
    } finally {
      this.element.classList.remove("sending");
    }
  }

  refuse(words) {
    this.refusal.replaceChildren(
      ...(words
        ? [icon("alert"), h("span", {}, words), h("button", { type: "button", class: "icon-button", "aria-label": "Close", on: { click: () => this.refuse(null) } }, icon("close"))]
        : []),
    );
  }
}
