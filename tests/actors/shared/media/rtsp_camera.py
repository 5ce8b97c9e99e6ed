"""A real RTSP camera for the tests, GStreamer's own server: run with the system's Python, which has gi.

Usage: rtsp_camera.py PORT [SECONDS]
Serves rtsp://127.0.0.1:PORT/cam: H.264 640x360 with 25 pictures a second, and AAC with a tick each second.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PIPELINE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=25/1 ! timeoverlay "
    "! openh264enc gop-size=25 bitrate=800000 ! h264parse ! rtph264pay name=pay0 pt=96 "
    "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! audio/x-raw,rate=16000,channels=1 "
    "! avenc_aac bitrate=32000 ! rtpmp4gpay name=pay1 pt=97 )"
)

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(PIPELINE)
factory.set_shared(False)
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
loop = GLib.MainLoop()
if len(sys.argv) > 2:
    GLib.timeout_add(int(float(sys.argv[2]) * 1000), loop.quit)
print("ready", flush=True)
loop.run()
