// Slack's own text markup, as stored: `&amp; &lt; &gt;` escaped, control sequences in angle brackets.

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { broadcast, channelMention, dateText, emojiPiece, groupMention, link, safeUrl, userMention } from "./inline.js";

const STYLES = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const EMOJI = /:([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?/y;
const CODE = /`([^`\n]+)`/y;
const ANGLE = /<([^<>\n]+)>/y;

export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** The nodes of a mrkdwn text: paragraphs as lines, quotes and code as blocks. */
export function mrkdwn(text, reader) {
  const nodes = [];
  let at = 0;
  for (const fence of text.matchAll(/```([\s\S]+?)```/g)) {
    nodes.push(...lines(text.slice(at, fence.index), reader));
    nodes.push(h("pre", {}, coded(fence[1].replace(/^\n|\n$/g, ""), reader)));
    at = fence.index + fence[0].length;
    if (text[at] === "\n") at += 1;
  }
  nodes.push(...lines(text.slice(at), reader));
  return nodes;
}

/** A text object: mrkdwn or plain text. */
export function textObject(object, reader) {
  if (object?.type === "mrkdwn") return mrkdwn(object.text ?? "", reader);
  return plainText(object, reader);
}

/** Plain text: nothing is markup but emoji names, and those only where `emoji` is not false. */
export function plainText(object) {
  const text = unescape(object?.text ?? "");
  return object?.emoji === false ? breaks(text) : withEmoji(text);
}

/** Text in which nothing is markup but the names of emoji. */
export function withEmoji(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(new RegExp(EMOJI.source, "g"))) {
    if (!emoji(found[1])) continue;
    nodes.push(...breaks(text.slice(at, found.index)), emojiPiece(found[1], { tone: found[2] && Number(found[2]) }));
    at = found.index + found[0].length;
  }
  return [...nodes, ...breaks(text.slice(at))];
}

/** Text with its line ends; an empty line is a small gap, as Slack draws it. */
export function breaks(text) {
  const nodes = [];
  for (const piece of text.split(/(\n{2,}|\n)/)) {
    if (piece === "") continue;
    if (piece === "\n") nodes.push(h("br"));
    else if (piece.startsWith("\n\n")) nodes.push(h("br"), ...Array.from({ length: piece.length - 1 }, () => h("span", { class: "gap" })));
    else nodes.push(piece);
  }
  return nodes;
}

/** Quoted lines together in a quote; the others as they are. Line ends that touch a quote or code are its own. */
function lines(text, reader) {
  const nodes = [];
  let plain = [];
  let quoted = [];
  const endPlain = () => {
    const joined = plain.join("\n").replace(/^\n/, nodes.length ? "" : "$&");
    if (joined !== "") nodes.push(...inline(joined, reader));
    plain = [];
  };
  const endQuote = () => {
    if (quoted.length) nodes.push(h("blockquote", {}, inline(quoted.join("\n"), reader)));
    quoted = [];
  };
  const all = text.split("\n");
  for (let at = 0; at < all.length; at += 1) {
    const toTheEnd = all[at].match(/^(?:&gt;|>){3} ?/);
    const mark = toTheEnd ?? all[at].match(/^(?:&gt;|>) ?/);
    if (!mark) {
      endQuote();
      plain.push(all[at]);
      continue;
    }
    endPlain();
    quoted.push(all[at].slice(mark[0].length));
    if (toTheEnd) {
      quoted.push(...all.slice(at + 1));
      break;
    }
  }
  endQuote();
  endPlain();
  return nodes;
}

/**
 * Styles, code, control sequences and emoji within lines.
 *
 * A style's marks count only at the edges of words, and letters of every script make words: `*굵게*는` stays as typed,
 * as in Slack.
 */
function inline(text, reader, styles = "") {
  const nodes = [];
  const hopeless = {}; // By mark: no closing one before this place, so that many opening marks cost one search.
  let from = 0;
  let at = 0;
  const flush = (end) => nodes.push(...breaks(unescape(text.slice(from, end))));
  const take = (node, length) => {
    flush(at);
    nodes.push(node);
    at += length;
    from = at;
  };
  while (at < text.length) {
    const mark = text[at];
    const piece = special(text, at, reader);
    if (piece) {
      take(piece.node, piece.length);
      continue;
    }
    if (STYLES[mark] && !styles.includes(mark) && opens(text, at) && !(hopeless[mark] > at)) {
      const end = closing(text, at);
      if (end > 0) {
        take(h(STYLES[mark], {}, inline(text.slice(at + 1, end), reader, styles + mark)), end + 1 - at);
        continue;
      }
      hopeless[mark] = -end;
    }
    at += 1;
  }
  flush(text.length);
  return nodes;
}

/** What stands at this place by its own: code, a control sequence, an emoji. */
function special(text, at, reader) {
  if (text[at] === "`") {
    const code = sticky(CODE, text, at);
    return code && { node: coded(code[1], reader), length: code[0].length };
  }
  if (text[at] === "<") {
    const angle = sticky(ANGLE, text, at);
    const node = angle && control(angle[1], reader);
    return node && { node, length: angle[0].length };
  }
  if (text[at] === ":") {
    const found = sticky(EMOJI, text, at);
    if (!found || !emoji(found[1])) return null;
    return { node: emojiPiece(found[1], { tone: found[2] && Number(found[2]) }), length: found[0].length };
  }
  return null;
}

function opens(text, at) {
  const next = text[at + 1];
  return !(at > 0 && isWord(text, at - 1)) && next !== undefined && !/\s/.test(next) && next !== text[at];
}

/**
 * Where the style that opens at `at` closes, or minus the place up to which nothing closes it: the line's end, or the
 * next mark that could open the style itself.
 */
function closing(text, at) {
  const mark = text[at];
  let end = at + 1;
  while (end < text.length && text[end] !== "\n") {
    const skip = text[end] === "`" ? sticky(CODE, text, end) : text[end] === "<" ? sticky(ANGLE, text, end) : null;
    if (skip) {
      end += skip[0].length;
      continue;
    }
    const last = text[end] === mark && end > at + 1 && !/\s/.test(text[end - 1]);
    if (last && !(end + 1 < text.length && isWord(text, end + 1)) && text[end + 1] !== mark) return end;
    if (text[end] === mark && opens(text, end)) return -end;
    end += 1;
  }
  return -end;
}

/** Whether a letter or figure stands here; letters beyond the first plane have two places. */
function isWord(text, at) {
  const low = text.charCodeAt(at) & 0xfc00;
  if (low === 0xdc00) return WORD.test(text.slice(at - 1, at + 1));
  return WORD.test(low === 0xd800 ? text.slice(at, at + 2) : text[at]);
}

function sticky(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Code keeps its marks and its line ends; links in it are still links. */
function coded(text, reader) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(new RegExp(ANGLE.source, "g"))) {
    const node = control(found[1], reader);
    if (!node) continue;
    nodes.push(unescape(text.slice(at, found.index)), node);
    at = found.index + found[0].length;
  }
  nodes.push(unescape(text.slice(at)));
  return h("code", {}, nodes);
}

/** What `<…>` means, or null where it is not one of Slack's control sequences. */
function control(inner, reader) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? null : unescape(inner.slice(bar + 1));
  if (/^@[UW][A-Z0-9]+$/.test(target)) return userMention(reader, target.slice(1), label);
  if (/^#[CGD][A-Z0-9]+$/.test(target)) return channelMention(reader, target.slice(1), label);
  if (/^!(here|channel|everyone)$/.test(target)) return broadcast(target.slice(1), label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice("!subteam^".length), label);
  if (target.startsWith("!date^")) return moment(target, label, reader);
  if (target.startsWith("!") || target.startsWith("@") || target.startsWith("#")) return label;
  const url = unescape(target);
  return safeUrl(url) ? link(url, ...(label ? plainText({ text: label }) : [url.replace(/^mailto:/, "")])) : null;
}

function moment(target, fallback, reader) {
  const [, seconds, format, url] = target.split("^");
  const text = format ? dateText(reader, seconds, unescape(format), fallback) : fallback;
  const node = h("time", { title: Number.isFinite(Number(seconds)) ? reader.calendar.whole(Number(seconds)) : null }, text ?? "");
  return url ? link(unescape(url), node) : node;
}
