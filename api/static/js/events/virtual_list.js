/** A list of any length: only the rows that can be seen exist. */

import { h } from "../dom.js";

const SPARE_ROWS = 6;

export class VirtualList {
  /** `makeRow(item)` gives a row's content; all rows are `rowHeight` pixels high. */
  constructor(label, rowHeight, makeRow) {
    this.rowHeight = rowHeight;
    this.makeRow = makeRow;
    this.items = [];
    this.rows = new Map();
    this.sheet = h("ol.sheet", { "aria-label": label });
    this.element = h("div.event-list", { tabindex: 0, role: "region", "aria-label": label }, this.sheet);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** New items. `keepPlace`: what is being read stays where it is, though rows were put in front of it. */
  show(items, keepPlace = false) {
    const added = items.length - this.items.length;
    const reading = keepPlace && added > 0 && this.element.scrollTop > this.rowHeight;
    this.items = items;
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.sheet.style.height = `${items.length * this.rowHeight}px`;
    this.element.style.setProperty("--full", `${items.length * this.rowHeight + 2}px`);
    if (reading) this.element.scrollTop += added * this.rowHeight;
    this.draw();
  }

  scrollTo(index) {
    this.element.scrollTop = index * this.rowHeight - this.element.clientHeight / 3;
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - SPARE_ROWS);
    const last = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / this.rowHeight) + SPARE_ROWS);
    for (const [index, row] of this.rows) {
      if (index >= first && index < last) continue;
      row.remove();
      this.rows.delete(index);
    }
    for (let index = first; index < last; index += 1) if (!this.rows.has(index)) this.put(index);
  }

  put(index) {
    const row = this.makeRow(this.items[index]);
    row.setAttribute("aria-setsize", this.items.length);
    row.setAttribute("aria-posinset", index + 1);
    row.style.top = `${index * this.rowHeight}px`;
    row.style.height = `${this.rowHeight}px`;
    this.rows.set(index, row);
    this.sheet.append(row);
  }
}
