// A list that opens beside its button: menus, selects, choices of people. One is open at a time.

import { h, icon } from "./dom.js";

let open = null;

/**
 * Open a menu at `anchor`, or close it where it stands open there.
 *
 * `items` are `{label, description?, value, checked?, href?, heading?}`; `label` is text or nodes. `onPick` is given the
 * item. `kind` is "menu" for things to do, "listbox" for one of several.
 */
export function openMenu(anchor, items, { label, onPick, kind = "menu" }) {
  const again = open?.anchor === anchor;
  closeMenu();
  if (again) return;
  const list = h("div", { class: "menu", role: kind, "aria-label": label, tabindex: -1 });
  const role = kind === "menu" ? "menuitem" : "option";
  for (const item of items) {
    if (item.heading) {
      list.append(h("div", { class: "menu-heading", role: "presentation" }, item.heading));
      continue;
    }
    const row = h(
      "div",
      {
        class: "menu-item",
        role: item.checked !== undefined && kind === "menu" ? "menuitemradio" : role,
        tabindex: -1,
        "aria-checked": kind === "menu" && item.checked !== undefined ? item.checked : null,
        "aria-selected": kind === "listbox" ? Boolean(item.checked) : null,
        data: { value: item.value },
      },
      item.picture ?? null,
      h("span", { class: "menu-words" }, h("span", { class: "menu-label" }, item.label), item.description && h("span", { class: "menu-description" }, item.description)),
      item.checked ? icon("check") : null,
    );
    const pick = () => {
      closeMenu({ refocus: true });
      onPick(item);
    };
    row.addEventListener("click", pick);
    row.addEventListener("pointermove", () => row.focus({ preventScroll: true }));
    row.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      pick();
    });
    list.append(row);
  }
  document.body.append(list);
  open = { anchor, list };
  anchor.setAttribute("aria-expanded", "true");
  settle(anchor, list);
  list.addEventListener("keydown", walk);
  const rows = [...list.querySelectorAll(".menu-item")];
  (list.querySelector("[aria-selected=true], [aria-checked=true]") ?? rows[0])?.focus();
}

export function closeMenu({ refocus = false } = {}) {
  if (!open) return false;
  const { anchor, list } = open;
  open = null;
  list.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (refocus) anchor.focus();
  return true;
}

/** Below the button, or above where there is more room; never out of the window. */
function settle(anchor, list) {
  const place = anchor.getBoundingClientRect();
  const below = innerHeight - place.bottom - 12;
  const above = place.top - 12;
  const upwards = below < list.offsetHeight && above > below;
  list.style.maxHeight = `${Math.max(120, upwards ? above : below)}px`;
  const left = place.right - list.offsetWidth < 8 ? place.left : place.right - list.offsetWidth;
  const wanted = anchor.dataset.menuSide === "left" ? place.left : left;
  list.style.left = `${Math.max(8, Math.min(wanted, innerWidth - list.offsetWidth - 8))}px`;
  list.style.top = upwards ? `${place.top - list.offsetHeight - 4}px` : `${place.bottom + 4}px`;
}

let typed = "";
let typedAt = 0;

function walk(event) {
  const rows = [...open.list.querySelectorAll(".menu-item")];
  const at = rows.indexOf(document.activeElement);
  const steps = { ArrowDown: (at + 1) % rows.length, ArrowUp: (at - 1 + rows.length) % rows.length, Home: 0, End: rows.length - 1 };
  if (event.key in steps) {
    event.preventDefault();
    event.stopPropagation();
    rows[steps[event.key]]?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    closeMenu({ refocus: true });
  } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
    // Letters typed together find the item that begins with them.
    typed = event.timeStamp - typedAt < 700 ? typed + event.key : event.key;
    typedAt = event.timeStamp;
    rows.find((row) => row.textContent.toLowerCase().startsWith(typed.toLowerCase()))?.focus();
  }
}

addEventListener("pointerdown", (event) => {
  if (open && !open.list.contains(event.target) && !open.anchor.contains(event.target)) closeMenu();
});
addEventListener("resize", () => closeMenu());
addEventListener(
  "scroll",
  (event) => {
    if (open && !open.list.contains(event.target)) closeMenu();
  },
  true,
);
