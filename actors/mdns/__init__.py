"""Multicast DNS (RFC 6762, RFC 6763): phones, Home Assistant and players find the camera without an address.

Owns UDP port 5353, which it shares with other responders of the host, and announces what is running: the dashboard,
RTSP while it is on, and the camera itself (``_ipcamera._tcp``). Guaranteed: announced names and addresses follow the
device's within ``LOOK_EVERY_S``, and are withdrawn at a clean end. When it dies, others may use the last announcement
for up to two minutes (the records' time to live); nobody else is affected. It browses for nothing, and what it hears is
bounded by the zeroconf library. Not guaranteed: that anybody hears it; networks may block multicast.
"""
