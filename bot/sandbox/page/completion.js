// What a composer offers while one types: commands, people, channels.

import { SLACKBOT } from "./state.js";

/** Offers for the text before the caret: `{from, items: [{insert, label, description, picture?}]}`, or null. */
export function offers(text, caret, { state, withCommands }) {
  const before = text.slice(0, caret);
  const command = withCommands && before.match(/^\/([^\s]*)$/);
  if (command) return found(0, commandItems(state, command[1]));
  const sign = before.match(/(?:^|[\s(])([@#])([^\s@#]*)$/);
  if (!sign) return null;
  const from = caret - sign[2].length - 1;
  return found(from, sign[1] === "@" ? userItems(state, sign[2]) : channelItems(state, sign[2]));
}

/** The command that a text begins with, for its hint; null where it is none, or not yet typed out. */
export function typedCommand(text, state) {
  const word = text.match(/^(\/\S+)(?:\s|$)/)?.[1];
  return state.commands.find((command) => command.command === word) ?? null;
}

function found(from, items) {
  return items.length ? { from, items: items.slice(0, 12) } : null;
}

function commandItems(state, typed) {
  return state.commands
    .filter(({ command }) => command.startsWith(`/${typed.toLowerCase()}`))
    .map(({ command, description, usage_hint: usage }) => ({ insert: `${command} `, exact: command, label: command, detail: usage, description }));
}

function userItems(state, typed) {
  const wanted = typed.toLowerCase();
  const people = [...state.users.values()]
    .filter((user) => user.id !== SLACKBOT && [user.name, user.real_name].some((name) => name && beginsWord(name.toLowerCase(), wanted)))
    .map((user) => ({ insert: `@${user.name} `, label: user.real_name || user.name, detail: user.name, user }));
  const groups = [
    ["here", "Notify everyone who is here"],
    ["channel", "Notify everyone in this channel"],
  ]
    .filter(([name]) => wanted && name.startsWith(wanted))
    .map(([name, description]) => ({ insert: `@${name} `, label: `@${name}`, description }));
  return [...people, ...groups];
}

function channelItems(state, typed) {
  return [...state.channels.values()]
    .filter((channel) => !channel.is_im && beginsWord(channel.name, typed.toLowerCase()))
    .map((channel) => ({ insert: `#${channel.name} `, label: `${channel.is_private ? "🔒 " : "#"}${channel.name}`, detail: channel.topic ?? "" }));
}

/** Whether a word of the name begins so; in Korean, where the family name comes first, anything within it counts. */
function beginsWord(name, wanted) {
  if (/[가-힣]/.test(wanted)) return name.includes(wanted);
  return name.startsWith(wanted) || name.split(/[\s._-]+/).some((word) => word.startsWith(wanted));
}
