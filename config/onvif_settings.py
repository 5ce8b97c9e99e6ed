"""The keys of ONVIF."""

from config.setting import Setting

ONVIF = (
    Setting(
        "onvifEnabled",
        "ONVIF",
        "boolean",
        False,
        "ONVIF",
        "Let recorders and home automation find this camera and its streams, and tell them what is detected. The login "
        "is that of RTSP, which has to be on.",
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
        "TCP port of ONVIF, in plain HTTP. The password does not travel in clear, what is detected does.",
        minimum=1024,
        maximum=65535,
        extension=True,
    ),
    Setting(
        "onvifUsernameToken",
        "ONVIF",
        "boolean",
        True,
        "ONVIF login by UsernameToken",
        "Take the older login too, without which Home Assistant and many recorders cannot log in. Else only HTTP "
        "Digest is taken.",
        extension=True,
    ),
)
