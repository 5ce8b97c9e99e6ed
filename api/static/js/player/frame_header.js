/** The 24-byte header of framing v1: big-endian, then one H.264 access unit in Annex-B. */

export const HEADER_BYTES = 24;
const KIND_H264 = 1;

const KEY = 1;
const DISCONTINUITY = 4;
const LAST_BEFORE_STANDBY = 8;

/** null for anything that is not a v1 video frame. Times: pts in µs (monotonic), captured in Unix ms. */
export function parseFrame(buffer) {
  if (buffer.byteLength <= HEADER_BYTES) return null;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== KIND_H264) return null;
  const flags = view.getUint8(1);
  return {
    key: (flags & KEY) !== 0,
    discontinuity: (flags & DISCONTINUITY) !== 0,
    last: (flags & LAST_BEFORE_STANDBY) !== 0,
    generation: view.getUint16(2),
    sequence: view.getUint32(4),
    pts: Number(view.getBigUint64(8)),
    captured: Number(view.getBigUint64(16)) / 1000,
    data: new Uint8Array(buffer, HEADER_BYTES),
  };
}
