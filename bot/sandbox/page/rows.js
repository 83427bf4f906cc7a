// What a channel and a thread list: messages with the lines between them.

import { h } from "./dom.js";
import { isGrouped, messageRow } from "./message.js";
import { seconds } from "./state.js";

const written = new WeakMap();

/** A message as text that differs whenever the message does. The server's objects are never changed in place. */
function signatureOf(message) {
  if (!written.has(message)) written.set(message, JSON.stringify(message));
  return written.get(message);
}

/** The rows of a channel. `newFrom` is the first message its reader has not seen. */
export function channelRows(state, ctx, { newFrom = null, top }) {
  const rows = [top];
  const { calendar } = ctx.reader;
  let before = null;
  let day = null;
  for (const message of state.timeline(ctx.channel)) {
    const its = calendar.dayKey(seconds(message.ts));
    if (its !== day) {
      day = its;
      before = null;
      rows.push(dayRow(its, calendar.day(seconds(message.ts))));
    }
    if (message.ts === newFrom) {
      before = null;
      rows.push({ key: "new", signature: "", build: () => h("div", { class: "new-line", role: "separator" }, h("span", {}, "New")) });
    }
    const replies = state.replies(ctx.channel, message.ts);
    rows.push(row(message, { ctx, replies, grouped: isGrouped(message, before, calendar) }, state));
    before = message;
  }
  return rows;
}

/** The rows of a thread: the parent, how many replies, the replies. */
export function threadRows(state, ctx, ts) {
  const { parent, replies } = state.thread(ctx.channel, ts);
  const rows = [];
  if (parent) rows.push(row(parent, { ctx, inThread: true }, state));
  else rows.push({ key: "gone", signature: "", build: () => h("p", { class: "gone" }, "The message that began this thread is not here.") });
  const said = replies.filter((message) => !message.is_ephemeral).length;
  if (said) {
    const words = `${said} ${said === 1 ? "reply" : "replies"}`;
    rows.push({ key: "count", signature: words, build: () => h("div", { class: "reply-line" }, h("span", {}, words)) });
  }
  let before = null;
  for (const message of replies) {
    rows.push(row(message, { ctx, inThread: true, grouped: isGrouped(message, before, ctx.reader.calendar) }, state));
    before = message;
  }
  return rows;
}

function row(message, options, state) {
  const replies = options.replies ?? [];
  const thread = replies.length ? `${replies.length} ${replies.at(-1).ts} ${Math.floor(Date.now() / 60_000)}` : "";
  return {
    key: message.is_ephemeral ? `private ${message.id}` : message.ts,
    signature: `${state.namesVersion} ${options.grouped ?? false} ${thread} ${signatureOf(message)}`,
    build: () => messageRow(message, options),
  };
}

function dayRow(key, words) {
  return { key: `day ${key}`, signature: words, build: () => h("div", { class: "day-line", role: "separator", "aria-label": words }, h("span", {}, words)) };
}
