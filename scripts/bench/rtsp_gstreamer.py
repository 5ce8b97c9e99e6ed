"""GStreamer's RTSP server on the same clip, for comparison: needs the system's Python with gi; prints its port."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 (versions first)


def main(path: str) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    pay = "h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
    factory.set_launch(f"( filesrc location={path} ! qtdemux ! {pay} )")
    factory.set_shared(True)
    server.get_mount_points().add_factory("/stream", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main(sys.argv[1])
