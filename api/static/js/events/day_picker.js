/** Which day: a date field, the day before, the day after, today. */

import { h, squareButton } from "../dom.js";
import { addDays, isoDay, startOfDay } from "../format.js";
import { t } from "../lang.js";

export function dayPicker(history, onPick) {
  const input = h("input", { type: "date", "aria-label": t("Day"), max: isoDay(Date.now()) });
  const before = squareButton("left", t("The day before"), () => onPick(addDays(history.day, -1)));
  const after = squareButton("right", t("The day after"), () => onPick(addDays(history.day, 1)));
  const today = h("button", { type: "button", onclick: () => onPick(startOfDay(Date.now())) }, t("Today"));
  const element = h("div.day", { role: "group", "aria-label": t("Day") }, before, input, after, today);
  input.addEventListener("change", () => {
    const [year, month, day] = input.value.split("-").map(Number);
    if (day) onPick(new Date(year, month - 1, day).getTime());
  });
  element.update = () => {
    input.value = isoDay(history.day);
    input.max = isoDay(Date.now());
    after.disabled = today.disabled = history.isToday;
  };
  element.setOldest = (ms) => ms && (input.min = isoDay(ms));
  return element;
}
