// Dark or light: the system's, unless the other was chosen; a choice is remembered until it is the system's again.

import { remember } from "./memory.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function theme() {
  return document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
}

export function toggleTheme() {
  const wanted = theme() === "dark" ? "light" : "dark";
  const system = dark.matches ? "dark" : "light";
  if (wanted === system) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
  remember("theme", wanted === system ? null : wanted);
}

export function onTheme(listener) {
  dark.addEventListener("change", listener);
}
