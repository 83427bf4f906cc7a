// Block Kit as Slack draws it in messages. A block that is not known here is shown as a box with its name, never dropped.

import { h } from "./dom.js";
import { element, picture, smallImage } from "./elements.js";
import { markdown } from "./markdown.js";
import { plainText, textObject } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

const FOLD_CHARS = 1_500;
const FOLD_LINES = 20;

/** The nodes of a message's blocks. `ctx` has the `reader` and `act`, which carries a choice to the app. */
export function renderBlocks(blocks, ctx) {
  return blocks.map((block) => {
    const node = draw(block, ctx);
    node.classList.add("block", `block-${block?.type}`);
    node.dataset.block = block?.block_id ?? "";
    return node;
  });
}

function draw(block, ctx) {
  switch (block?.type) {
    case "section":
      return section(block, ctx);
    case "header":
      return h("h3", {}, plainText(block.text));
    case "context":
      return h("div", {}, (block.elements ?? []).map((item) => contextItem(item, ctx)));
    case "divider":
      return h("hr");
    case "image":
      return h("figure", {}, block.title && h("figcaption", {}, plainText(block.title)), picture(block, "large-image"));
    case "actions":
      return h("div", {}, h("div", { class: "elements" }, (block.elements ?? []).map((item) => element(item, block, ctx))));
    case "rich_text":
      return richText(block, ctx.reader, { isTyped: ctx.isTyped });
    case "markdown":
      return h("div", {}, markdown(block.text ?? ""));
    case "table":
      return table(block, ctx);
    default:
      return unknown(block);
  }
}

function section(block, ctx) {
  return h(
    "div",
    {},
    h(
      "div",
      { class: "section-row" },
      h(
        "div",
        { class: "section-words" },
        block.text && folded(h("div", { class: "section-text" }, textObject(block.text, ctx.reader)), block),
        block.fields && h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field" }, textObject(field, ctx.reader)))),
      ),
      block.accessory && h("div", { class: "accessory" }, element(block.accessory, block, ctx)),
    ),
  );
}

/** A long text shows its beginning and "See more", as in Slack; `expand` says not to. */
function folded(node, block) {
  const text = block.text.text ?? "";
  if (block.expand || (text.length < FOLD_CHARS && text.split("\n").length < FOLD_LINES)) return node;
  const more = h("button", { type: "button", class: "link-button see-more", "aria-expanded": "false" }, "See more");
  node.classList.add("folded");
  more.addEventListener("click", () => {
    const isFolded = node.classList.toggle("folded");
    more.textContent = isFolded ? "See more" : "See less";
    more.setAttribute("aria-expanded", String(!isFolded));
  });
  return [node, more];
}

function contextItem(item, ctx) {
  if (item.type === "image") return smallImage(item);
  return h("span", { class: "context-text" }, textObject(item, ctx.reader));
}

function table(block, ctx) {
  const settings = block.column_settings ?? [];
  const cell = (item, column, row) => {
    const made = h(row === 0 ? "th" : "td", row === 0 ? { scope: "col" } : {}, item?.type === "rich_text" ? richText(item, ctx.reader) : String(item?.text ?? ""));
    const align = settings[column]?.align;
    if (align === "right" || align === "center") made.style.textAlign = align;
    return made;
  };
  return h(
    "div",
    { class: "table-frame" },
    h("table", {}, (block.rows ?? []).map((cells, row) => h("tr", {}, cells.map((item, column) => cell(item, column, row))))),
  );
}

/** A box with the block's name and, folded, its JSON. */
function unknown(block) {
  return h(
    "div",
    { class: "unknown" },
    h("strong", {}, `Not shown here: ${block?.type ?? "a block without a type"}`),
    h("details", {}, h("summary", {}, "As sent"), h("pre", {}, JSON.stringify(block, null, 2))),
  );
}
