"""The settings of ONVIF."""

from config.setting import Setting

ONVIF = (
    Setting(
        "onvifEnabled",
        "ONVIF",
        "boolean",
        False,
        "ONVIF",
        "Let recorders and home automation find this camera and its streams, and report detections to them. Uses the "
        "RTSP login; RTSP must be on.",
        pro="rtsp_streaming",
        needs="rtspEnabled",
        extension=True,
    ),
    Setting(
        "onvifPort",
        "ONVIF",
        "int",
        8000,
        "ONVIF port",
        "TCP port of ONVIF, over plain HTTP. The password is not sent in clear text, but detections are.",
        minimum=1024,
        maximum=65535,
        extension=True,
    ),
    Setting(
        "onvifUsernameToken",
        "ONVIF",
        "boolean",
        True,
        "Accept UsernameToken logins",
        "Also accept the older UsernameToken login, which Home Assistant and many recorders need. While this is off, "
        "only HTTP Digest is accepted.",
        extension=True,
    ),
)
