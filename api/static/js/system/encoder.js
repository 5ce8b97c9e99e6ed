/** What the encoder makes, and how many look and listen. */

import { card, facts } from "../dom.js";
import { fixed, kilobits } from "../format.js";
import { t } from "../lang.js";
import { clock } from "../socket.js";
import * as store from "../store.js";

const TIERS = { main: t("Large stream"), sub: t("Small stream") };

export function encoderCard() {
  const list = facts();
  store.watch(["system", "status", "rtsp"], (system, status, rtsp) => {
    const stream = system?.stream ?? {};
    list.show({
      [t("Encoder")]: stream.encoder,
      [t("Codec")]: stream.codec,
      [t("Picture")]: stream.width ? `${stream.width} × ${stream.height}` : null,
      [t("Pictures per second")]: fixed(stream.fps ?? status?.fps, 1),
      [t("Bitrate")]: stream.bitrateKbps === undefined ? null : kilobits(stream.bitrateKbps),
      [t("Encoded")]: fixed(stream.framesEncoded),
      [t("Dropped")]: fixed(stream.framesDropped),
      [t("Viewers on pages and apps")]: status?.clients,
      [t("Open pages (WebSocket)")]: status?.wsClients,
      [t("RTSP viewers")]: rtsp?.clients,
      ...Object.fromEntries((system?.streams ?? []).map((tier) => [TIERS[tier.tier], tier.readers.length ? t("for {readers}", { readers: tier.readers.join(", ") }) : t("not in use")])),
      [t("Round trip to this page")]: fixed(clock.roundTrip ?? NaN, 0, "ms"),
    });
  });
  return card(t("Encoder and connections"), "cast", list);
}
