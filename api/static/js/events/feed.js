/** Events as they happen, from the socket's messages, in the shape of GET /events. */

import * as socket from "../socket.js";

/** Message type → event type; a function where the message says it itself. */
const TYPES = {
  motion_detected: () => "MOTION",
  sound_detected: () => "ANY_SOUND",
  sound_classified: () => "DOG_BARK",
  baby_cry_classified: () => "BABY_CRY",
  detected: (message) => message.kind,
  object_detected: (message) => `OBJECT_${message.objectClass.toUpperCase()}`,
};

const listeners = new Set();

/** `listener(event)` for each event from now on. */
export function onEvent(listener) {
  listeners.add(listener);
}

for (const [type, name] of Object.entries(TYPES)) {
  socket.on(type, (message) => {
    const event = { ...message, type: name(message) };
    for (const listener of listeners) listener(event);
  });
}
