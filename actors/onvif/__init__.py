"""ONVIF: what recorders and home automation expect of a network camera, so that nobody has to enter an RTSP URL.

Owns the port, discovery, the login's lock-outs and the subscriptions; ``models.onvif`` has the protocol. Guaranteed: a
subscriber is told every change of a detector that it keeps up with, and always the last state of each; without the
RTSP login a client learns only that there is a camera, its name and its addresses. A restart loses the subscriptions:
clients create pull points again as soon as they pull, and webhooks when they renew them. While ONVIF is off there is
no process. Rejected: PTZ, Imaging and anything that changes the device, because the login is a viewer's; HTTPS,
because clients expect plain HTTP.
"""
