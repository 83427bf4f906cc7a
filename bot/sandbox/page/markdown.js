// The standard Markdown of `markdown` blocks, as far as Slack draws it: all headings one size, images as links.

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { emojiPiece, link } from "./inline.js";

const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const ROW = /^\s*\|.*\|\s*$/;
const DEEPEST = 8;

/** The nodes of a Markdown text. */
export function markdown(text, depth = 0) {
  const rows = text.replace(/\r\n?/g, "\n").split("\n");
  const nodes = [];
  let at = 0;
  /** The rows from here for which `holds` is true. */
  const run = (holds) => {
    const start = at;
    while (at < rows.length && holds(rows[at])) at += 1;
    return rows.slice(start, at);
  };
  while (at < rows.length) {
    const row = rows[at];
    if (row.trim() === "") at += 1;
    else if (FENCE.test(row)) {
      const mark = row.match(FENCE)[1];
      at += 1;
      nodes.push(h("pre", {}, h("code", {}, run((next) => !next.trimStart().startsWith(mark)).join("\n"))));
      at += 1;
    } else if (HEADING.test(row)) {
      nodes.push(h("p", { class: "md-heading" }, spans(row.match(HEADING)[1])));
      at += 1;
    } else if (RULE.test(row)) {
      nodes.push(h("hr"));
      at += 1;
    } else if (QUOTE.test(row) && depth < DEEPEST) {
      nodes.push(h("blockquote", {}, markdown(run((next) => QUOTE.test(next)).map((next) => next.replace(QUOTE, "")).join("\n"), depth + 1)));
    } else if (ITEM.test(row) && depth < DEEPEST) {
      nodes.push(list(run((next) => ITEM.test(next) || /^\s+\S/.test(next)), depth));
    } else if (ROW.test(row)) {
      nodes.push(table(run((next) => ROW.test(next))));
    } else {
      const first = at;
      const paragraph = run((next) => at === first || (next.trim() !== "" && !starts(next)));
      nodes.push(h("p", {}, spans(paragraph.join("\n"))));
    }
  }
  return nodes;
}

function starts(row) {
  return [FENCE, HEADING, QUOTE, ITEM, ROW].some((pattern) => pattern.test(row));
}

function list(rows, depth) {
  const [, margin, mark] = rows[0].match(ITEM);
  const items = [];
  for (const row of rows) {
    const found = row.match(ITEM);
    if (found && found[1].length <= margin.length) items.push([found[3]]);
    else items.at(-1).push(row.slice(Math.min(row.search(/\S/), margin.length + 2)));
  }
  const start = parseInt(mark, 10);
  const made = items.map((item) => h("li", {}, task(markdown(item.join("\n"), depth + 1))));
  return Number.isNaN(start) ? h("ul", {}, made) : h("ol", { start: start === 1 ? null : start }, made);
}

/** A box instead of `[ ]` and `[x]`. */
function task(nodes) {
  const first = nodes[0]?.firstChild;
  const box = first?.nodeType === Node.TEXT_NODE && first.data.match(/^\[([ xX])\]\s+/);
  if (box) first.data = `${box[1] === " " ? "☐" : "☑"} ${first.data.slice(box[0].length)}`;
  return nodes;
}

function table(rows) {
  const cells = rows.map((row) => row.trim().slice(1, -1).split("|").map((cell) => cell.trim()));
  const ruled = cells.length > 1 && cells[1].every((cell) => /^:?-+:?$/.test(cell));
  const body = ruled ? cells.slice(2) : cells;
  return h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      {},
      ruled && h("thead", {}, h("tr", {}, cells[0].map((cell) => h("th", { scope: "col" }, spans(cell))))),
      h("tbody", {}, body.map((row) => h("tr", {}, row.map((cell) => h("td", {}, spans(cell)))))),
    ),
  );
}

const SPAN = new RegExp(
  [
    /\\([!-/:-@[-`{-~])/, // 1: an escaped mark
    /(`+)(.+?)\2/, // 2, 3: code
    /!?\[([^\]\n]*)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/, // 4, 5: a link or an image
    /<((?:https?:\/\/|mailto:)[^\s<>]+)>/, // 6: a link in brackets
    /(https?:\/\/[^\s<>()]+[^\s<>().,;:!?"'])/, // 7: a bare link
    /\*\*(?=\S)([^*]+?)\*\*/, // 8: bold
    /\*(?=\S)([^*\n]+?)\*/, // 9: italic
    /\b_(?=\S)([^_\n]+?)_\b/, // 10: italic
    /~~(?=\S)([^~]+?)~~/, // 11: struck
    /:([a-z0-9_+'-]+):/, // 12: emoji
  ]
    .map((part) => part.source)
    .join("|"),
  "g",
);

function spans(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(SPAN)) {
    nodes.push(text.slice(at, found.index), span(found));
    at = found.index + found[0].length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

function span(found) {
  const [all, escaped, , code, label, target, bracketed, bare, bold, star, under, struck, name] = found;
  if (escaped) return escaped;
  if (code !== undefined) return h("code", {}, code.trim());
  if (target) return link(target, ...(label ? spans(label) : [target]));
  if (bracketed ?? bare) return link(bracketed ?? bare, bracketed ?? bare);
  if (bold) return h("strong", {}, spans(bold));
  if (star ?? under) return h("em", {}, spans(star ?? under));
  if (struck) return h("s", {}, spans(struck));
  return emoji(name) ? emojiPiece(name) : all;
}
