"""The RTSP server (RFC 2326): one manager for configuration, login and limits, session actors for the connections.

The session actors own sockets and sessions, share one port (SO_REUSEPORT), and packetise each access unit once for all
their sessions. The manager owns the configuration: it prepares a change in all session actors, stores it, and then
commits it, so a port that is in use changes nothing. If the manager dies, they keep serving; if one of them dies, only
its own sessions end. A slow client skips to the next IDR and never slows another; its sequence numbers have no gap.
Strangers' connections are limited separately. Not guaranteed: that a session survives a change of port, path or codec.
Rejected: writing only through asyncio's transport, because the kernel's send buffer hid 11 s of video.
"""
