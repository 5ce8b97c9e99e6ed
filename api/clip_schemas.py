"""The shapes of clips."""

from api.schema_words import (
    BOOL,
    INT,
    NUM,
    PERCENT,
    SUCCESS,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    Schema,
    listed,
    one_of,
    ref,
    said,
    shaped,
    whole,
)

CLIPS: dict[str, Schema] = {
    "Clip": shaped(
        {
            "id": TEXT,
            "kind": one_of("event", "manual", "continuous"),
            "start": TIME,
            "end": TIME,
            "durationMs": INT,
            "runUpMs": said(
                INT, "Time before the event: as much as there was, at most one group of pictures more than requested"
            ),
            "moment": said(TIME, "Unix time of the first event in ms"),
            "types": listed(TEXT),
            "events": said(listed(INT), "eventIds, ascending"),
            "bytes": INT,
            "width": INT,
            "height": INT,
            "codec": said(TEXT, "Codec of the video (RFC 6381); the sound is mp4a.40.2"),
            "sound": BOOL,
            "keep": said(BOOL, "Never deleted automatically"),
            "video": said(TEXT, "URL on this server"),
        }
    ),
    "ClipPage": shaped({"serverNow": TIME, "clips": listed(ref("Clip")), "storage": ref("ClipStorage")}),
    "ClipStorage": shaped(
        {"clips": INT, "bytes": INT, "keptBytes": INT, "maxBytes": INT, "freeBytes": INT},
        written=said({"type": "object", "additionalProperties": INT}, "Bytes written to the disk, by day"),
        recording=said(BOOL, "Whether clips or recordings are being made"),
        problem=said(TEXT_OR_NULL, "Why nothing is recorded"),
    ),
    "ClipBoxes": shaped(
        {"frames": said(listed(ref("ClipBoxFrame")), "Boxes of tracked objects; each applies until the next")}
    ),
    "ClipBoxFrame": shaped({"ms": INT, "objects": listed(ref("ClipBox"))}),
    "ClipBox": shaped(
        {"trackId": INT, "objectClass": TEXT, "confidence": PERCENT},
        **{side: said(NUM, "As a fraction of the picture") for side in "xywh"},
    ),
    "ClipSeconds": shaped({"seconds": whole(1, 600)}),
    "ClipBegun": shaped({"success": SUCCESS, "clipId": TEXT}),
    "ClipKeep": shaped({"keep": BOOL}),
}
