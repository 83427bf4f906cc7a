// The small pieces that mrkdwn, Markdown and rich text share: links, mentions, emoji.
// `reader` knows who reads: `user(id)`, `channel(id)`, `me`, `team`, `calendar`.

import { h } from "./dom.js";
import { emoji, emojiOfCodes } from "./emoji.js";
import { channelPath } from "./place.js";

const SAFE = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The address, where it is one that may be followed; null for `javascript:` and whatever else is not a plain link. */
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return SAFE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link, or only its label where the address may not be followed. */
export function link(url, ...label) {
  const href = safeUrl(url);
  if (!href) return h("span", {}, ...label);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

export function userMention(reader, id, label = null) {
  const user = reader.user(id);
  const name = user ? user.real_name || user.name : label || id;
  return h("span", { class: `mention${id === reader.me.id ? " mention-me" : ""}`, data: { user: id } }, `@${name}`);
}

export function channelMention(reader, id, label = null) {
  const channel = reader.channel(id);
  if (!channel) return h("span", { class: "mention" }, `#${label || "private-channel"}`);
  return h("a", { class: "mention", href: channelPath(reader.team.id, id) }, `#${channel.name}`);
}

export function broadcast(range, label = null) {
  return h("span", { class: "mention mention-me" }, `@${label?.replace(/^@/, "") || range}`);
}

export function groupMention(id, label = null) {
  return h("span", { class: "mention" }, label ? `@${label.replace(/^@/, "")}` : `@${id}`);
}

/** An emoji as a picture with its name, or the name as typed. */
export function emojiPiece(name, { tone = null, unicode = null } = {}) {
  const drawn = emoji(name, tone) ?? emojiOfCodes(unicode);
  if (!drawn) return `:${name}:`;
  return h("span", { class: "emoji", role: "img", "aria-label": `${name.replaceAll("_", " ")} emoji`, title: `:${name}:` }, drawn);
}

/** A moment in the reader's zone; the fallback where the number is none. */
export function dateText(reader, seconds, format, fallback) {
  const moment = Number(seconds);
  if (!Number.isFinite(moment) || Math.abs(moment) > 8e12) return fallback ?? "";
  return reader.calendar.tokens(moment, format);
}
