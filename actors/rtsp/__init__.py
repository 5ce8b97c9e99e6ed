"""The RTSP server (RFC 2326): one manager for configuration, login and limits, session actors for the connections.

The session actors own sockets and sessions, share one port (SO_REUSEPORT), and packetise each access unit once for all
their sessions. The manager owns what is to be served: it prepares a change in all of them, stores it, and then commits
it, so that a port that is taken changes nothing. If it dies they go on serving; if one of them dies its sessions end
and the others' stay. A slow client skips to the next IDR and never slows another; its sequence numbers have no hole.
Strangers have a few connections of their own. Not promised: that a session survives a change of port, path or codec.
Writing by asyncio's transport alone was given up: the kernel's send buffer hid 11 s of video.
"""
