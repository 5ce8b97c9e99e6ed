/** While somebody watches, the screen stays on (Screen Wake Lock), unless the setting keepScreenOn says otherwise. */

import * as store from "../store.js";

export function keepAwake(player) {
  if (!navigator.wakeLock) return;
  let lock = null;
  let asking = false;

  async function update() {
    const wanted = player.pictures > 0 && !document.hidden && store.setting("keepScreenOn") !== false;
    if (!wanted) {
      const held = lock;
      lock = null;
      await held?.release();
    } else if ((lock === null || lock.released) && !asking) {
      asking = true;
      lock = await navigator.wakeLock.request("screen").catch(() => null); // refused while the battery is low
      asking = false;
    }
  }
  player.listeners.add(update);
  document.addEventListener("visibilitychange", update);
  store.watch("settings", update);
}
