// Changing what one said, in its place.

import { h } from "./dom.js";
import { unescape } from "./mrkdwn.js";

/** Put a form in the place of what the message shows. `save(text)` gives a promise; the form goes once it is kept. */
export function editInPlace(content, message, { reader, save }) {
  const before = [...content.childNodes];
  const input = h("textarea", { class: "composer-input", rows: 2, "aria-label": "Edit message" });
  input.value = typed(message, reader);
  const restore = () => content.replaceChildren(...before);
  const submit = async (event) => {
    event.preventDefault();
    if (await save(input.value)) restore();
    else input.focus();
  };
  const form = h(
    "form",
    { class: "composer-box edit", on: { submit } },
    input,
    h(
      "div",
      { class: "composer-foot" },
      h("span", { class: "composer-hint" }),
      h("button", { type: "button", class: "link-button", on: { click: restore } }, "Cancel"),
      h("button", { type: "submit", class: "link-button" }, "Save"),
    ),
  );
  form.addEventListener("keydown", (event) => {
    event.stopPropagation(); // The list's own keys walk from row to row.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") restore();
    else if (event.key === "Enter" && !event.shiftKey && event.target === input) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  content.replaceChildren(form);
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
}

/** What was typed to say this. */
function typed(message, reader) {
  const named = message.text.replace(/<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/g, (whole, id) => (reader.user(id) ? `@${reader.user(id).name}` : whole));
  return unescape(named.replace(/<(https?:[^|>]+)(?:\|[^>]*)?>/g, "$1"));
}
