/** What a detector still needs: its models, with size and licence, a button that fetches them, and how far it is. */

import { h, setText } from "../dom.js";
import { bytes } from "../format.js";
import { t, told } from "../lang.js";
import { fetchModels, isFetching, load, modelsOf } from "../models.js";
import * as store from "../store.js";
import { reason } from "../system/form.js";

export function modelBox(key) {
  const title = h("strong");
  const list = h("ul.small");
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("Download") });
  const problem = h("p.small.bad", { role: "alert", hidden: true });
  const button = h("button.primary.small", { type: "button" });
  const element = h("div.model-box", { hidden: true, "data-models": key }, title, list, bar, problem, button);
  const say = (text) => {
    problem.hidden = text === "";
    setText(problem, text);
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await fetchModels(modelsOf(key)[0].detector);
      show();
    } catch (error) {
      say(reason(error));
    }
    button.disabled = false;
  });
  const show = () => {
    const missing = modelsOf(key).filter((model) => model.state !== "good");
    element.hidden = missing.length === 0;
    if (element.hidden) return;
    const size = missing.reduce((sum, model) => sum + model.bytes, 0);
    const fetching = isFetching(missing);
    setText(title, fetching ? t("Fetching…") : missing.length > 1 ? t("It needs these models first") : t("It needs this model first"));
    list.replaceChildren(...missing.map((model) => h("li", t("{model}, {size}, for {role}. Licence: {licence}.", { model: model.id, size: bytes(model.bytes), role: told(model.role), licence: model.licence }))));
    bar.hidden = !fetching;
    bar.value = missing.reduce((sum, model) => sum + model.done, 0) / size;
    button.hidden = fetching;
    setText(button, t("Fetch {size}", { size: bytes(size) }));
    say(fetching ? "" : missing.map((model) => told(model.problem)).filter(Boolean).join(" "));
  };
  store.watch("models", show);
  element.load = load;
  return element;
}
