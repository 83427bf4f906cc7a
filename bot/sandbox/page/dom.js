// Builds elements. Text given here only ever becomes text nodes: nothing in the page parses HTML out of strings.

const SVG = "http://www.w3.org/2000/svg";

/**
 * One element. `on` holds listeners, `data` the dataset, `class` the class; true and false set and leave out an
 * attribute. Children may be nodes, strings, arrays of these, or null.
 */
export function h(tag, { on = {}, data = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [name, value] of Object.entries(data)) {
    if (value !== null && value !== undefined) node.dataset[name] = value;
  }
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  lock: ["M6 9V7a4 4 0 0 1 8 0v2", "M4.5 9h11v8h-11z"],
  close: ["M5 5l10 10M15 5L5 15"],
  send: ["M3.5 10L17 3.5 12.5 17l-3-5.5z", "M9.5 11.5L17 3.5"],
  reply: ["M3.5 4.5h13v9h-7l-3.5 3v-3h-2.5z"],
  link: ["M8.5 11.5a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3l-.9.9", "M11.5 8.5a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l.9-.9"],
  eye: ["M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5z", "M10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z"],
  menu: ["M3 5.5h14M3 10h14M3 14.5h14"],
  more: ["M10 5.2v.1M10 10v.1M10 14.8v.1"],
  down: ["M5.5 8l4.5 4.5L14.5 8"],
  arrow: ["M10 4v12M5 11l5 5 5-5"],
  sun: ["M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1"],
  moon: ["M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z"],
  check: ["M4.5 10.5l3.5 3.5 7.5-8"],
  people: ["M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c0-3 2.5-5 5.5-5s5.5 2 5.5 5", "M13 3.9a3 3 0 0 1 0 5.2M15 12c1.8.7 3 2.4 3 4.5"],
  alert: ["M10 3l8 14H2z", "M10 8v4M10 14.500v.1"],
  bot: ["M10 2.5v2.5", "M4 7.500a2.5 2.5 0 0 1 2.5-2.500h7a2.5 2.5 0 0 1 2.5 2.500v5a2.5 2.5 0 0 1-2.5 2.500h-7a2.5 2.5 0 0 1-2.5-2.500z", "M7.5 9v1.500M12.5 9v1.500M7.5 17.500h5"],
  pen: ["M4 16l1-4 8.5-8.500 3 3L8 15z", "M11.500 6l3 3"],
  bin: ["M4 6h12M8 6V4h4v2", "M5.500 6l1 10.500h7l1-10.500"],
  plus: ["M10 4v12M4 10h12"],
};

/** A line drawing of 20 by 20, in the colour of the text around it; it says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", class: `icon icon-${name}`, "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  for (const line of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}
