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
            "runUpMs": said(INT, "Of pictures before the event: what there was, at most a group more than asked for"),
            "moment": said(TIME, "Of the first event, Unix time in ms"),
            "types": listed(TEXT),
            "events": said(listed(INT), "eventIds, ascending"),
            "bytes": INT,
            "width": INT,
            "height": INT,
            "codec": said(TEXT, "Of the video, RFC 6381; the sound is mp4a.40.2"),
            "sound": BOOL,
            "keep": said(BOOL, "Deleted by nobody but a person"),
            "video": said(TEXT, "Its address here"),
        }
    ),
    "ClipPage": shaped({"serverNow": TIME, "clips": listed(ref("Clip")), "storage": ref("ClipStorage")}),
    "ClipStorage": shaped(
        {"clips": INT, "bytes": INT, "keptBytes": INT, "maxBytes": INT, "freeBytes": INT},
        written=said({"type": "object", "additionalProperties": INT}, "Bytes written to the disk, by day"),
        recording=said(BOOL, "Whether clips or recordings are made now"),
        problem=said(TEXT_OR_NULL, "Why nothing is recorded"),
    ),
    "ClipBoxes": shaped(
        {"frames": said(listed(ref("ClipBoxFrame")), "Where tracked objects were; the last one holds until the next")}
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
