// The `rich_text` block: text whose styles are values, so nothing in it is markup.

import { h } from "./dom.js";
import { broadcast, channelMention, dateText, emojiPiece, groupMention, link, userMention } from "./inline.js";
import { breaks, withEmoji } from "./mrkdwn.js";

const BULLETS = ["disc", "circle", "square"];
const NUMBERS = ["decimal", "lower-alpha", "lower-roman"];

/**
 * The nodes of a `rich_text` block. In what a person typed, names of emoji become emoji, as Slack's composer makes them;
 * in an app's text they stay as sent.
 */
export function richText(block, reader, { isTyped = false } = {}) {
  reader = { ...reader, isTyped };
  return h("div", { class: "rich-text" }, (block.elements ?? []).map((part) => richPart(part, reader)));
}

function richPart(part, reader) {
  const leaves = () => (part.elements ?? []).map((leaf) => richLeaf(leaf, reader));
  switch (part.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, leaves());
    case "rich_text_quote":
      return h("blockquote", {}, leaves());
    case "rich_text_preformatted":
      return h("pre", {}, h("code", {}, (part.elements ?? []).map((leaf) => codeLeaf(leaf, reader))));
    case "rich_text_list":
      return richList(part, reader);
    default:
      return h("div", { class: "unknown" }, `Not shown here: ${part.type}`);
  }
}

function richList(part, reader) {
  const indent = Math.min(Math.max(Number(part.indent) || 0, 0), 8);
  const ordered = part.style === "ordered";
  const list = h(
    ordered ? "ol" : "ul",
    { class: `rich-list${part.border ? " bordered" : ""}`, start: ordered && part.offset ? Number(part.offset) + 1 : null },
    (part.elements ?? []).map((item) =>
      h("li", {}, item.type === "rich_text_section" ? (item.elements ?? []).map((leaf) => richLeaf(leaf, reader)) : richPart(item, reader)),
    ),
  );
  list.style.setProperty("--indent", indent);
  list.style.listStyleType = (ordered ? NUMBERS : BULLETS)[indent % 3];
  return list;
}

/** Code keeps its line ends by itself. */
function codeLeaf(leaf, reader) {
  return leaf.type === "text" ? (leaf.text ?? "") : richLeaf(leaf, reader);
}

export function richLeaf(leaf, reader) {
  return styled(bare(leaf, reader), leaf.style ?? {});
}

function bare(leaf, reader) {
  switch (leaf.type) {
    case "text":
      return reader.isTyped && !leaf.style?.code ? withEmoji(leaf.text ?? "") : breaks(leaf.text ?? "");
    case "link":
      return [link(leaf.url, leaf.text || leaf.url)];
    case "emoji":
      return [emojiPiece(leaf.name ?? "", { tone: leaf.skin_tone, unicode: leaf.unicode })];
    case "user":
      return [userMention(reader, leaf.user_id)];
    case "usergroup":
      return [groupMention(leaf.usergroup_id)];
    case "channel":
      return [channelMention(reader, leaf.channel_id)];
    case "broadcast":
      return [broadcast(leaf.range)];
    case "date": {
      const text = dateText(reader, leaf.timestamp, leaf.format ?? "{date_num}", leaf.fallback);
      return [leaf.url ? link(leaf.url, text) : h("time", {}, text)];
    }
    case "color": {
      const patch = h("span", { class: "colour" });
      if (/^#[0-9a-f]{3,8}$/i.test(leaf.value ?? "")) patch.style.backgroundColor = leaf.value;
      return [patch, leaf.value ?? ""];
    }
    case "team":
      return [leaf.team_id === reader.team.id ? reader.team.name : leaf.team_id];
    default:
      return [h("span", { class: "unknown" }, `Not shown here: ${leaf.type}`)];
  }
}

function styled(nodes, style) {
  let inner = nodes;
  if (style.code) inner = [h("code", {}, inner)];
  if (style.strike) inner = [h("s", {}, inner)];
  if (style.italic) inner = [h("em", {}, inner)];
  if (style.bold) inner = [h("strong", {}, inner)];
  if (style.underline) inner = [h("u", {}, inner)];
  return inner;
}
