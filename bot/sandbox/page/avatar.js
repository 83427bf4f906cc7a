// Faces: a square in the person's colour with their initials.

import { h, icon } from "./dom.js";

const COLOURS = ["#3f6fb5", "#7a4fa3", "#2f7d6b", "#b0533c", "#8a6d1f", "#4a5a70", "#a13f6f"];

export function avatar(user, { size = "" } = {}) {
  const face = h("span", { class: `avatar ${size}`, "aria-hidden": "true" }, user?.is_bot ? icon("bot") : initials(user));
  face.style.backgroundColor = colour(user);
  return face;
}

/** Two letters of a name in Latin letters, the last two syllables of a Korean one (the given name). */
function initials(user) {
  const name = (user?.real_name || user?.name || "?").trim();
  if (/^[가-힣]{2,4}$/.test(name)) return name.slice(-2);
  const words = name.split(/\s+/);
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : name.slice(0, 2)).toUpperCase();
}

function colour(user) {
  const given = (user?.color ?? "").replace(/^#?/, "#");
  if (/^#[0-9a-f]{6}$/i.test(given)) return given;
  let sum = 0;
  for (const letter of user?.id ?? "") sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length];
}
