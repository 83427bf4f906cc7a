// One message as a row: face, name, time, what it says, and what can be done with it.

import { avatar } from "./avatar.js";
import { renderBlocks } from "./blocks.js";
import { h, icon } from "./dom.js";
import { editInPlace } from "./edit.js";
import { safeUrl } from "./inline.js";
import { mrkdwn, unescape } from "./mrkdwn.js";
import { messagePath } from "./place.js";
import { isReply, seconds } from "./state.js";

const GROUP_SECONDS = 300;

/** Whether a message stands under the one before it without its own face and name. */
export function isGrouped(message, before, calendar) {
  return Boolean(
    before &&
      !message.subtype &&
      !before.subtype &&
      !message.is_ephemeral &&
      !before.is_ephemeral &&
      author(message) === author(before) &&
      seconds(message.ts) - seconds(before.ts) < GROUP_SECONDS &&
      calendar.dayKey(seconds(message.ts)) === calendar.dayKey(seconds(before.ts)),
  );
}

function author(message) {
  return message.user ?? message.bot_id ?? message.username;
}

/** The one who speaks, as far as known. */
export function speaker(message, reader) {
  const user = reader.user(message.user) ?? { id: author(message) ?? "", name: message.bot_profile?.name ?? "Unknown" };
  const isApp = Boolean(message.bot_id || user.is_bot);
  return { ...user, is_bot: isApp, real_name: message.username || user.real_name || user.name };
}

/**
 * The row of a message.
 *
 * `ctx`: `channel`, `reader`, `me`, `act(message, action)`, `edit(message, text)`, `takeBack(message)`, `openThread(ts)`,
 * `dismiss(id)`, `copyLink(message)`.
 * `inThread` leaves out what only a channel shows; `replies` are the thread's, for the line that counts them.
 */
export function messageRow(message, { ctx, grouped = false, inThread = false, replies = [] }) {
  const { reader } = ctx;
  const who = speaker(message, reader);
  const moment = seconds(message.ts);
  const time = reader.calendar.time(moment);
  const isNotice = ["channel_join", "channel_leave", "channel_topic", "channel_name", "channel_archive"].includes(message.subtype);
  const classes = ["message", grouped && "grouped", message.is_ephemeral && "private", isNotice && "notice"].filter(Boolean);
  return h(
    "div",
    { class: classes.join(" "), role: "listitem", tabindex: -1, data: { ts: message.ts } },
    h("div", { class: "gutter" }, grouped ? h("time", { class: "side-time", title: reader.calendar.whole(moment) }, reader.calendar.shortTime(moment)) : avatar(who)),
    h(
      "div",
      { class: "message-body" },
      message.is_ephemeral && privateNote(message, ctx),
      !grouped &&
        h(
          "div",
          { class: "message-head" },
          h("span", { class: "message-name" }, who.real_name),
          who.is_bot && h("span", { class: "app-badge" }, "APP"),
          stamp(message, ctx, time),
        ),
      message.subtype === "thread_broadcast" && !inThread && broadcastNote(message, ctx),
      h("div", { class: "content", lang: /\p{Script=Hangul}/u.test(message.text ?? "") ? "ko" : "en" }, content(message, ctx), message.edited && h("span", { class: "edited" }, "(edited)")),
      !inThread && replies.length > 0 && threadSummary(message, replies, ctx),
    ),
    !message.is_ephemeral && toolbar(message, inThread, ctx),
  );
}

function stamp(message, ctx, time) {
  const whole = ctx.reader.calendar.whole(seconds(message.ts));
  if (message.is_ephemeral) return h("time", { class: "message-time", title: whole }, time);
  const href = messagePath(ctx.channel, message.ts, isReply(message) ? message.thread_ts : null);
  return h("a", { class: "message-time", href, title: whole }, h("time", {}, time));
}

function privateNote(message, ctx) {
  return h(
    "div",
    { class: "private-note" },
    icon("eye"),
    h("span", {}, "Only visible to you"),
    h("button", { type: "button", class: "link-button dismiss", on: { click: () => ctx.dismiss(message.id) } }, "Dismiss"),
  );
}

function broadcastNote(message, ctx) {
  return h(
    "div",
    { class: "broadcast-note" },
    "replied to a thread · ",
    h("button", { type: "button", class: "link-button", on: { click: () => ctx.openThread(message.thread_ts) } }, "Open thread"),
  );
}

function content(message, ctx) {
  if (message.subtype === "tombstone") return h("p", { class: "tombstone" }, "This message was deleted.");
  const inBlocks = { reader: ctx.reader, isTyped: !message.bot_id, act: (action) => ctx.act(message, action) };
  const hasBlocks = message.blocks?.length > 0;
  return [
    hasBlocks ? renderBlocks(message.blocks, inBlocks) : message.text && h("div", { class: "block block-text" }, mrkdwn(message.text, ctx.reader)),
    (message.attachments ?? []).map((attachment) => attached(attachment, inBlocks)),
    (message.files ?? []).map((file) => h("div", { class: "unknown" }, `File: ${file.title || file.name || file.id}`)),
  ];
}

const BARS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

function attached(attachment, ctx) {
  const title = attachment.title && mrkdwn(attachment.title, ctx.reader);
  const href = attachment.title_link && safeUrl(attachment.title_link);
  const made = h(
    "div",
    { class: "attachment" },
    attachment.pretext && h("div", {}, mrkdwn(attachment.pretext, ctx.reader)),
    title && h("div", { class: "attachment-title" }, href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, title) : title),
    attachment.blocks ? renderBlocks(attachment.blocks, ctx) : h("div", {}, mrkdwn(attachment.text ?? attachment.fallback ?? "", ctx.reader)),
    attachment.footer && h("div", { class: "attachment-footer" }, unescape(attachment.footer)),
  );
  const colour = BARS[attachment.color] ?? (attachment.color ? attachment.color.replace(/^#?/, "#") : "");
  if (/^#[0-9a-f]{6}$/i.test(colour)) made.style.borderColor = colour;
  return made;
}

function threadSummary(message, replies, ctx) {
  const faces = new Map(replies.map((reply) => [author(reply), speaker(reply, ctx.reader)]));
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  return h(
    "button",
    { type: "button", class: "thread-summary", on: { click: () => ctx.openThread(message.ts) } },
    h("span", { class: "thread-faces" }, [...faces.values()].slice(0, 5).map((user) => avatar(user, { size: "small" }))),
    h("span", { class: "thread-count" }, count),
    h("span", { class: "thread-last" }, `Last reply ${ctx.reader.calendar.ago(seconds(replies.at(-1).ts))}`),
  );
}

function toolbar(message, inThread, ctx) {
  const isOwn = message.user === ctx.me && !message.subtype && !message.bot_id;
  const edit = (event) => {
    const content = event.target.closest(".message").querySelector(".content");
    if (!content.querySelector("form")) editInPlace(content, message, { reader: ctx.reader, save: (text) => ctx.edit(message, text) });
  };
  return h(
    "div",
    { class: "toolbar" },
    !inThread &&
      h(
        "button",
        { type: "button", class: "icon-button", title: "Reply in thread", "aria-label": "Reply in thread", on: { click: () => ctx.openThread(message.thread_ts ?? message.ts) } },
        icon("reply"),
      ),
    isOwn && h("button", { type: "button", class: "icon-button", title: "Edit", "aria-label": "Edit", on: { click: edit } }, icon("pen")),
    isOwn && h("button", { type: "button", class: "icon-button", title: "Delete", "aria-label": "Delete", on: { click: () => ctx.takeBack(message) } }, icon("bin")),
    h("button", { type: "button", class: "icon-button", title: "Copy link", "aria-label": "Copy link", on: { click: () => ctx.copyLink(message) } }, icon("link")),
  );
}

/** A message in words, for those who hear the page. */
export function spoken(message, reader) {
  const text = unescape((message.text ?? "").replace(/<([^<>|]+\|)?([^<>]*)>/g, "$2"));
  return `${message.is_ephemeral ? "Only visible to you. " : ""}${speaker(message, reader).real_name}: ${text.slice(0, 400)}`;
}
