/** Other ways to be told: a webhook of your own, or any service that apprise knows. */

import { postJson } from "../http.js";
import { h, newId, setText } from "../dom.js";
import { t } from "../lang.js";
import { copyLine } from "../system/copy_address.js";
import { inputField, reason, resultLine } from "../system/form.js";

const KINDS = [
  ["apprise", t("A service: mail, Telegram, ntfy, …"), "mailtos://name:password@smtp.example?to=you@example", t("An address as apprise writes it: tgram://BOT_TOKEN/CHAT_ID, ntfys://ntfy.sh/your-topic, mailtos://… and a hundred more.")],
  ["webhook", t("A webhook of your own"), "https://house.example/hooks/camera", t("Each event is sent to it by POST, signed, with its picture.")],
];

export function channelForm(added) {
  const id = newId("kind");
  const url = inputField(t("Address"), { type: "text", required: true, maxlength: 2048, spellcheck: "false", autocapitalize: "off" }, " ");
  const name = inputField(t("Name"), { type: "text", maxlength: 64, placeholder: t("Family") });
  const words = url.querySelector(".words");
  const kind = h("select", { id, onchange: () => describe() }, KINDS.map(([value, label]) => h("option", { value }, label)));
  const secret = copyLine(t("signing secret"));
  const shown = h("div.stack.tight", { hidden: true }, h("p.small", t("Verify what arrives with this secret. Copy it now: it is not shown again.")), secret);
  const result = resultLine();
  const button = h("button.primary", { type: "submit" }, t("Add"));
  const describe = () => {
    const [, , example, help] = KINDS[kind.selectedIndex];
    url.input.placeholder = example;
    setText(words, help);
  };
  describe();
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    result.say(t("One moment…"));
    try {
      const answer = await postJson("api/notifications/channels", { kind: kind.value, url: url.input.value.trim(), name: name.input.value });
      shown.hidden = !answer.secret;
      secret.show(answer.secret ?? "");
      url.input.value = name.input.value = "";
      result.say(t("Added. Send a test, then choose it in a rule."), "good");
      added();
    } catch (error) {
      result.say(reason(error), "bad");
    }
    button.disabled = false;
  };
  return h("form.stack", { onsubmit: submit }, h("div.field", h("label", { for: id }, t("Kind")), kind), url, name, h("div.row.end", button), result, shown);
}
