// Puts the page together: who looks, where they stand, and what happens when they act.

import { ask, loadState, Refusal } from "./api.js";
import { Calendar } from "./calendar.js";
import { ChannelView } from "./channel.js";
import { h } from "./dom.js";
import { Live } from "./live.js";
import { closeMenu } from "./menu.js";
import { recall, remember } from "./memory.js";
import { speaker, spoken } from "./message.js";
import { Notices } from "./notices.js";
import { channelPath, messagePath, placeOf } from "./place.js";
import { Sidebar } from "./sidebar.js";
import { isReply, State } from "./state.js";
import { ThreadPane } from "./thread.js";
import { Unread } from "./unread.js";

const state = new State();
const unread = new Unread(state);
const notices = new Notices();
const place = { channel: null, thread: null, ts: null };
const dismissed = new Set(JSON.parse(recall("dismissed", "sessionStorage") ?? "[]"));
let reader = null;
let readerKey = "";
let opener = null; // What had the focus before the thread was opened.

const page = { send, invite, talkTo, openThread, closeThread, rowContext, showSidebar: () => drawer(true) };
const sidebar = new Sidebar({ state, unread, go, talkTo, become });
const channelView = new ChannelView({ state, page });
const thread = new ThreadPane({ state, page });
const shade = h("div", { class: "shade", on: { click: () => drawer(false) } });
const frame = h("div", { class: "frame loading", "aria-busy": "true" }, sidebar.element, channelView.element, thread.element, shade);
const skip = h("a", { class: "skip", href: "#write", on: { click: (event) => (event.preventDefault(), channelView.composer.input.focus()) } }, "Skip to writing");
const live = new Live({ onEvent: happened, onOpen: opened, onDrop: () => notices.lineDown(true) });

document.body.append(skip, frame, ...notices.elements);

// --- Reading the state -------------------------------------------------------------------------------------------

function start() {
  const address = new URL(location.href);
  Object.assign(place, placeOf(address));
  const user = address.searchParams.get("user") ?? recall("user", "sessionStorage") ?? recall("user");
  load(user).then(
    () => (user ? undefined : speaksTheirLanguage()),
  ).then(
    () => live.listen(state.me.id),
    (refusal) => {
      // A user of another workspace may be remembered here.
      if (user && refusal.error === "user_not_found") load(null).then(() => live.listen(state.me.id), cannotStart);
      else cannotStart(refusal);
    },
  );
}

/** Nobody was chosen yet: begin as a person who reads what this browser's reader reads. */
async function speaksTheirLanguage() {
  const language = navigator.language.split("-")[0];
  const speaks = (user) => user.locale?.split("-")[0] === language;
  const alike = [...state.users.values()].find((user) => !user.is_bot && speaks(user));
  if (alike && !speaks(state.me)) await load(alike.id);
}

function cannotStart(refusal) {
  if (!(refusal instanceof Refusal)) throw refusal;
  frame.replaceWith(
    h(
      "main",
      { class: "broken" },
      h("h1", {}, "The workspace does not answer"),
      h("p", {}, refusal.message),
      h("button", { type: "button", class: "button button-primary", on: { click: () => location.reload() } }, "Try again"),
    ),
  );
}

let loading = null;
let asked = 0;
let waiting = null; // What happened while the state was on its way.

async function load(user) {
  asked += 1;
  const mine = asked;
  waiting = [];
  let snapshot;
  try {
    snapshot = await loadState(user);
  } finally {
    loading = null;
  }
  if (mine !== asked) return; // Someone asked again meanwhile, perhaps as another user.
  const anew = snapshot.me.id !== state.me.id;
  state.load(snapshot);
  for (const event of waiting ?? []) state.apply(event);
  waiting = null;
  for (const id of dismissed) state.ephemerals.delete(id);
  remember("user", state.me.id, "sessionStorage");
  remember("user", state.me.id);
  unread.load();
  makeReader();
  frame.classList.remove("loading");
  frame.removeAttribute("aria-busy");
  if (anew) arrive();
  else draw();
}

/** Read the state again; several wishes at once are one. */
function reload() {
  loading ??= load(state.me.id).catch((refusal) => {
    waiting = null;
    notices.fail(refusal.message);
  });
  return loading;
}

function makeReader() {
  const key = JSON.stringify([state.me.locale, state.me.tz]);
  const calendar = key === readerKey ? reader.calendar : new Calendar(state.me.locale, state.me.tz);
  readerKey = key;
  reader = { user: (id) => state.user(id), channel: (id) => state.channel(id), me: state.me, team: state.team, calendar };
}

// --- What happens ------------------------------------------------------------------------------------------------

function opened() {
  notices.lineDown(false);
  reload();
}

function happened(event) {
  if (waiting) waiting.push(event);
  if (event.type === "channels") {
    reload();
    return;
  }
  if (!state.ready || dismissed.has(event.message?.id)) return;
  const fresh = state.apply(event);
  draw();
  if (fresh && event.channel === place.channel && fresh.user !== state.me.id) {
    const heard = !isReply(fresh) || fresh.thread_ts === place.thread;
    if (heard) notices.speak(spoken(fresh, reader));
  }
}

// --- Where one stands --------------------------------------------------------------------------------------------

/** After a start or a change of user: the place asked for, or the first that this user can see. */
function arrive() {
  const rooms = [...state.channels.values()].filter((channel) => !channel.is_im && !channel.is_archived);
  if (!state.channel(place.channel)) {
    const own = rooms.filter((channel) => channel.members?.includes(state.me.id));
    const home = own.find((channel) => channel.id === recall(`last:${state.team.id}:${state.me.id}`)) ?? withApp(own) ?? own[0] ?? rooms[0];
    Object.assign(place, { channel: home?.id ?? null, thread: null, ts: null });
  }
  land();
}

/** The first channel that an app is in: there is most to see. */
function withApp(rooms) {
  return rooms.find((channel) => channel.members.some((id) => state.user(id)?.is_bot));
}

/** Draw a place newly gone to, and bring the message its address names into view. */
function land() {
  const { ts } = place;
  const named = ts && state.messages.get(place.channel)?.get(ts);
  if (named && isReply(named)) place.thread = named.thread_ts;
  const newFrom = place.channel ? unread.in(place.channel).from : null;
  channelView.shown = null;
  draw({ newFrom });
  if (ts) {
    const parent = named && isReply(named) ? place.thread : ts;
    const found = channelView.timeline.reveal(parent);
    if (place.thread && place.thread !== ts) thread.timeline.reveal(ts);
    if (!found) notices.fail("That message is not here. It may have been deleted, or you may not be in its channel.");
    place.ts = null;
  } else if (place.thread) {
    channelView.timeline.reveal(place.thread);
  } else if (matchMedia("(hover: hover)").matches) {
    channelView.composer.input.focus();
  }
}

function go(channel, { thread: ts = null, message = null, keepAddress = false } = {}) {
  closeMenu();
  drawer(false);
  Object.assign(place, { channel, thread: ts, ts: message });
  remember(`last:${state.team.id}:${state.me.id}`, channel);
  if (!keepAddress) history.pushState(null, "", channelPath(state.team.id, channel, ts));
  land();
}

addEventListener("popstate", () => {
  const wanted = placeOf(new URL(location.href));
  if (state.channel(wanted.channel)) go(wanted.channel, { thread: wanted.thread, message: wanted.ts, keepAddress: true });
});

// A link into this workspace is followed without leaving the page.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !/^\/(archives|client)\//.test(url.pathname)) return;
  event.preventDefault();
  const wanted = placeOf(url);
  if (!state.channel(wanted.channel)) {
    notices.fail("That channel is not here, or you are not in it.");
    return;
  }
  history.pushState(null, "", url.pathname + url.search);
  go(wanted.channel, { thread: wanted.thread, message: wanted.ts, keepAddress: true });
});

function openThread(ts) {
  const message = state.messages.get(place.channel)?.get(ts);
  if (!message) return;
  opener = document.activeElement;
  place.thread = isReply(message) ? message.thread_ts : ts;
  history.pushState(null, "", channelPath(state.team.id, place.channel, place.thread));
  channelView.timeline.noticeScroll();
  draw();
  channelView.timeline.keepInView(place.thread); // The channel is narrower now, and its messages longer.
  if (matchMedia("(hover: hover)").matches) thread.composer.input.focus({ preventScroll: true });
}

function closeThread() {
  if (!place.thread) return;
  const ts = place.thread;
  place.thread = null;
  history.pushState(null, "", channelPath(state.team.id, place.channel));
  draw();
  const row = channelView.timeline.messages().find((one) => one.dataset.ts === ts);
  const back = opener?.isConnected && opener !== document.body ? opener : (row?.querySelector(".thread-summary") ?? row);
  (back ?? channelView.composer.input).focus({ preventScroll: true });
  opener = null;
}

async function become(user) {
  if (user === state.me.id) return;
  channelView.composer.forget();
  thread.composer.forget();
  place.thread = null;
  place.ts = null;
  live.stop(); // What the one before may see is not for the next.
  frame.classList.add("loading");
  try {
    await load(user);
  } catch (refusal) {
    frame.classList.remove("loading");
    waiting = null;
    notices.fail(refusal.message);
  }
  live.listen(state.me.id);
}

function drawer(isOpen) {
  frame.classList.toggle("drawer-open", isOpen);
  if (isOpen) sidebar.rows().find((row) => row.tabIndex === 0)?.focus();
}

// --- Drawing -----------------------------------------------------------------------------------------------------

function draw({ newFrom = null } = {}) {
  const channel = state.channel(place.channel);
  if (!channel && state.ready && place.channel) {
    place.channel = null;
    arrive();
    return;
  }
  if (channel) {
    channelView.show(channel, { newFrom });
    if (!document.hidden) unread.markRead(channel.id);
  }
  sidebar.show(place.channel);
  frame.classList.toggle("with-thread", Boolean(channel && place.thread));
  if (channel) thread.show(channel, place.thread);
  showTitle(channel);
}

function showTitle(channel) {
  const mentions = [...state.channels.keys()].reduce((sum, id) => sum + (id === place.channel ? 0 : unread.in(id).mentions), 0);
  const name = channel ? `${channel.is_im ? "" : "#"}${state.channelName(channel)} · ` : "";
  document.title = `${mentions ? `(${mentions}) ` : ""}${name}${state.team.name}`;
}

document.addEventListener("visibilitychange", () => state.ready && !document.hidden && draw());
setInterval(() => state.ready && !document.hidden && draw(), 60_000); // "5 minutes ago" grows old.

function rowContext(channel) {
  return { channel, reader, me: state.me.id, act, edit, takeBack, openThread, dismiss, copyLink };
}

// --- What one does -----------------------------------------------------------------------------------------------

async function send(text, ts) {
  const { channel } = place;
  const view = ts ? thread : channelView;
  await ask("send", { user: state.me.id, channel, text, ...(ts ? { thread_ts: ts } : {}) });
  if (place.channel === channel) view.timeline.toBottom();
}

function act(message, action) {
  const which = message.is_ephemeral ? { ephemeral_id: message.id } : { ts: message.ts };
  return ask("action", { user: state.me.id, channel: message.channel ?? place.channel, ...which, ...action });
}

/** Whether the message is now what was typed. */
async function edit(message, text) {
  try {
    await ask("edit", { user: state.me.id, channel: place.channel, ts: message.ts, text });
    return true;
  } catch (refusal) {
    notices.fail(refusal.message);
    return false;
  }
}

async function takeBack(message) {
  try {
    await ask("delete", { user: state.me.id, channel: place.channel, ts: message.ts });
  } catch (refusal) {
    notices.fail(refusal.message);
  }
}

async function invite(who) {
  try {
    await ask("invite", { user: state.me.id, channel: place.channel, who });
    await reload();
  } catch (refusal) {
    notices.fail(refusal.message);
  }
}

async function talkTo(user) {
  const known = [...state.channels.values()].find((channel) => channel.is_im && channel.user === user);
  if (known) {
    go(known.id);
    return;
  }
  if (user === state.me.id) return;
  try {
    const { channel } = await ask("dm", { user: state.me.id, with: user });
    await reload();
    go(channel);
  } catch (refusal) {
    notices.fail(refusal.message);
  }
}

function dismiss(id) {
  dismissed.add(id);
  remember("dismissed", JSON.stringify([...dismissed].slice(-500)), "sessionStorage");
  state.ephemerals.delete(id);
  draw();
}

async function copyLink(message) {
  const address = location.origin + messagePath(place.channel, message.ts, isReply(message) ? message.thread_ts : null);
  try {
    await navigator.clipboard.writeText(address);
    notices.tell(`Link to ${speaker(message, reader).real_name}'s message copied.`);
  } catch {
    notices.fail(`The link could not be copied: ${address}`);
  }
}

// --- Keys --------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (closeMenu({ refocus: true })) return;
    if (frame.classList.contains("drawer-open")) drawer(false);
    else closeThread();
  } else if (event.key === "F6") {
    event.preventDefault();
    nextRegion(event.shiftKey ? -1 : 1);
  } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const rows = sidebar.rows();
    const at = rows.findIndex((row) => row.dataset.place === place.channel);
    rows[at + (event.key === "ArrowDown" ? 1 : -1)]?.click();
  }
});

/** F6 goes round: channels, messages, writing, the thread, writing in it. */
function nextRegion(step) {
  const regions = [
    [sidebar.element, () => sidebar.rows().find((row) => row.tabIndex === 0)],
    [channelView.timeline.element, () => channelView.timeline.messages().find((row) => row.tabIndex === 0)],
    [channelView.composer.element, () => channelView.composer.input],
    [thread.timeline.element, () => place.thread && thread.timeline.messages().find((row) => row.tabIndex === 0)],
    [thread.composer.element, () => place.thread && thread.composer.input],
  ];
  const here = regions.findIndex(([element]) => element.contains(document.activeElement));
  for (let away = 1; away <= regions.length; away += 1) {
    const target = regions[(here + step * away + regions.length * 2) % regions.length][1]();
    if (target) {
      target.focus();
      return;
    }
  }
}

start();
