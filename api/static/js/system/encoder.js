/** What the encoder makes, and how many look and listen. */

import { card, facts } from "../dom.js";
import { fixed, kilobits } from "../format.js";
import { clock } from "../socket.js";
import * as store from "../store.js";

const TIERS = { main: "Large stream", sub: "Small stream" };

export function encoderCard() {
  const list = facts();
  store.watch(["system", "status", "rtsp"], (system, status, rtsp) => {
    const stream = system?.stream ?? {};
    list.show({
      "Encoder": stream.encoder,
      "Codec": stream.codec,
      "Picture": stream.width ? `${stream.width} × ${stream.height}` : null,
      "Pictures per second": fixed(stream.fps ?? status?.fps, 1),
      "Bitrate": stream.bitrateKbps === undefined ? null : kilobits(stream.bitrateKbps),
      "Encoded": stream.framesEncoded?.toLocaleString(),
      "Dropped": stream.framesDropped?.toLocaleString(),
      "Viewers on pages and apps": status?.clients,
      "Open pages (WebSocket)": status?.wsClients,
      "RTSP viewers": rtsp?.clients,
      ...Object.fromEntries((system?.streams ?? []).map((tier) => [TIERS[tier.tier], tier.readers.length ? `for ${tier.readers.join(", ")}` : "nobody takes it"])),
      "Round trip to this page": fixed(clock.roundTrip ?? NaN, 0, "ms"),
    });
  });
  return card("Encoder and connections", "cast", list);
}
