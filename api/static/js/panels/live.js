/** The live picture, its buttons and its cards. */

import { h } from "../dom.js";
import { t } from "../lang.js";
import { controlsCard } from "../live/controls_card.js";
import { firstRunHint } from "../live/first_run.js";
import { pictureCard } from "../live/picture_card.js";
import { recentEvents } from "../live/recent.js";
import { soundCard } from "../live/sound_card.js";
import { buildStage } from "../live/picture_area.js";
import { statsCard } from "../live/stats_card.js";
import { buildToolbar } from "../live/toolbar.js";
import { keepAwake } from "../live/wake.js";

export function buildLive(host) {
  const parts = buildStage();
  const sound = soundCard();
  const column = h("div.picture-column", parts.banner, parts.stage, parts.line, buildToolbar(parts, sound), recentEvents(), firstRunHint());
  const aside = h("aside", { "aria-label": t("Picture and sound") }, pictureCard(parts.player), controlsCard(), sound.element, statsCard(parts.player));
  host.append(h("div.live", column, aside));
  keepAwake(parts.player);
  return {
    shown: () => parts.player.start(),
    hidden: () => document.pictureInPictureElement === null && parts.player.stop(),
  };
}
