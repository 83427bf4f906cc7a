// What can be pressed in a message: buttons, overflow menus, selects. While the app has not answered, it cannot be pressed again.

import { h, icon } from "./dom.js";
import { safeUrl } from "./inline.js";
import { openMenu } from "./menu.js";
import { mrkdwn, plainText, textObject, unescape } from "./mrkdwn.js";

/** The node of a block element; `block` is the block it stands in, `ctx.act` carries a choice to the app. */
export function element(item, block, ctx) {
  switch (item?.type) {
    case "button":
      return button(item, block, ctx);
    case "overflow":
      return overflow(item, block, ctx);
    case "static_select":
      return select(item, block, ctx);
    case "image":
      return smallImage(item);
    default:
      return h("span", { class: "unknown" }, `Not shown here: ${item?.type ?? "element"}`);
  }
}

function button(item, block, ctx) {
  const url = item.url ? safeUrl(item.url) : null;
  const style = item.style === "primary" || item.style === "danger" ? ` button-${item.style}` : "";
  return h(
    "button",
    {
      type: "button",
      class: `button${style}`,
      "aria-label": item.accessibility_label,
      data: { action: item.action_id },
      on: {
        click: async ({ currentTarget }) => {
          if (!(await agreed(item.confirm, ctx))) return;
          if (url) window.open(url, "_blank", "noopener,noreferrer");
          perform(currentTarget, block, ctx, { type: "button", action_id: item.action_id, value: item.value });
        },
      },
    },
    plainText(item.text),
  );
}

function overflow(item, block, ctx) {
  const items = (item.options ?? []).map((option) => ({
    label: textObject(option.text, ctx.reader),
    description: option.description && unescape(option.description.text),
    value: option.value,
    option,
  }));
  return h(
    "button",
    {
      type: "button",
      class: "button button-overflow",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: { action: item.action_id },
      on: {
        click: ({ currentTarget }) =>
          openMenu(currentTarget, items, {
            label: "More actions",
            onPick: async ({ option }) => {
              if (!(await agreed(item.confirm, ctx))) return;
              const url = option.url ? safeUrl(option.url) : null;
              if (url) window.open(url, "_blank", "noopener,noreferrer");
              perform(currentTarget, block, ctx, { type: "overflow", action_id: item.action_id, selected_option: option });
            },
          }),
      },
    },
    icon("more"),
  );
}

function select(item, block, ctx) {
  let chosen = item.initial_option ?? null;
  const words = h("span", { class: "select-label" });
  const show = () => {
    words.replaceChildren(...plainText(chosen?.text ?? item.placeholder ?? { text: "Select an item" }));
    words.classList.toggle("placeholder", !chosen);
  };
  const entry = (option) => ({
    label: textObject(option.text, ctx.reader),
    description: option.description && unescape(option.description.text),
    value: option.value,
    checked: option.value === chosen?.value,
    option,
  });
  const items = () =>
    item.option_groups
      ? item.option_groups.flatMap((group) => [{ heading: unescape(group.label?.text ?? "") }, ...group.options.map(entry)])
      : (item.options ?? []).map(entry);
  show();
  return h(
    "button",
    {
      type: "button",
      class: "button button-select",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      data: { action: item.action_id, menuSide: "left" },
      on: {
        click: ({ currentTarget }) =>
          openMenu(currentTarget, items(), {
            label: unescape(item.placeholder?.text ?? "Options"),
            kind: "listbox",
            onPick: async ({ option }) => {
              if (!(await agreed(item.confirm, ctx))) return;
              const before = chosen;
              chosen = option;
              show();
              const said = await perform(currentTarget, block, ctx, { type: "static_select", action_id: item.action_id, selected_option: option });
              if (said) return;
              chosen = before;
              show();
            },
          }),
      },
    },
    words,
    icon("down"),
  );
}

/** Carry a choice to the app and show what the server says against it. Gives whether it was carried. */
async function perform(control, block, ctx, action) {
  if (control.getAttribute("aria-disabled") === "true") return false;
  control.setAttribute("aria-disabled", "true");
  control.setAttribute("aria-busy", "true");
  const frame = control.closest("[data-block]") ?? control.parentElement;
  frame.querySelector(":scope > .action-error")?.remove();
  try {
    await ctx.act({ block_id: block.block_id, ...action });
    return true;
  } catch (refusal) {
    frame.append(h("p", { class: "action-error", role: "alert" }, icon("alert"), refusal.message));
    return false;
  } finally {
    control.removeAttribute("aria-disabled");
    control.removeAttribute("aria-busy");
  }
}

/** Ask first, where the app wants it asked. */
function agreed(confirm, ctx) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-title" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "dialog-title" }, plainText(confirm.title)),
        h("p", {}, confirm.text?.type === "mrkdwn" ? mrkdwn(confirm.text.text, ctx.reader) : plainText(confirm.text)),
        h(
          "div",
          { class: "dialog-buttons" },
          h("button", { class: "button", value: "no" }, plainText(confirm.deny ?? { text: "Cancel" })),
          h("button", { class: `button button-${confirm.style === "danger" ? "danger" : "primary"}`, value: "yes", autofocus: true }, plainText(confirm.confirm ?? { text: "Yes" })),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function smallImage(item) {
  return picture(item, "small-image");
}

/** An image, or its description in a box where it cannot be loaded. */
export function picture(item, kind) {
  const url = item.image_url ?? item.slack_file?.url;
  const address = url && safeUrl(new URL(url, location.href).href);
  const words = item.alt_text || "Image";
  const instead = () => h("span", { class: `${kind} image-missing`, role: "img", "aria-label": words }, words);
  if (!address) return instead();
  const image = h("img", { class: kind, src: address, alt: words, title: words, loading: "lazy", referrerpolicy: "no-referrer" });
  image.addEventListener("error", () => image.replaceWith(instead()), { once: true });
  return image;
}
