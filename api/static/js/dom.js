/** Building elements. Text is only ever text: nothing that comes from the server is parsed as HTML. */

/**
 * h("button.primary.small", {type: "button", onclick: save}, "Save")
 * Functions become listeners, true/false/null become attributes that are there or not, the rest attributes.
 */
export function h(selector, ...rest) {
  const [name, ...classes] = selector.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.classList.add(...classes);
  const [properties, children] = isProperties(rest[0]) ? [rest[0], rest.slice(1)] : [{}, rest];
  for (const [key, value] of Object.entries(properties)) setProperty(element, key, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function isProperties(value) {
  return value !== null && typeof value === "object" && !(value instanceof Node) && !Array.isArray(value);
}

function setProperty(element, key, value) {
  if (typeof value === "function") element.addEventListener(key.slice(2), value);
  else if (key === "value" || key === "checked" || key === "disabled" || key === "hidden") element[key] = value;
  else if (value === true) element.setAttribute(key, "");
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of icons.svg; decoration only, the words stand beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Another drawing in the same place. */
export function setIcon(svg, name) {
  svg.firstChild.setAttribute("href", `icons.svg#${name}`);
}

/** A button with a drawing; `label` is read out, and shown unless the button is square. */
export function iconButton(selector, name, label, onclick) {
  return h(`button${selector && `.${selector}`}`, { type: "button", onclick, title: label }, icon(name), h("span.label", label));
}

/** A square button that shows only its drawing. */
export function squareButton(name, label, onclick, selector = "") {
  return h(`button.square${selector}`, { type: "button", onclick, title: label, "aria-label": label }, icon(name));
}

/** Set the text only if it differs: spares layout and keeps screen readers quiet. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A card with a heading; `name` is its icon. */
export function card(title, name, ...children) {
  const id = `card-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  const head = h("header", name ? icon(name) : null, h("h2", { id }, title));
  const element = h("section.card", { "aria-labelledby": id }, head, ...children);
  element.head = head;
  return element;
}

/** Rows of a definition list, updated in place: facts.show({Name: "value"}). */
export function facts() {
  const list = h("dl.facts");
  const values = new Map();
  list.show = (entries) => {
    for (const [name, text] of Object.entries(entries)) {
      if (!values.has(name)) {
        const pair = [h("dt", name), h("dd")];
        values.set(name, pair);
        list.append(...pair);
      }
      const [term, value] = values.get(name);
      term.hidden = value.hidden = text === null || text === undefined || text === "";
      setText(value, String(text ?? ""));
    }
  };
  return list;
}

let ids = 0;

/** An id that no other element has. */
export function newId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}
