"""Bounds of the RTSP room. Seconds and bytes unless the name says otherwise."""

SOCKETS_PER_SESSION = 4  # connections for each allowed session: probes and DESCRIBEs need no session
REQUESTS_PENDING_MAX = 32  # pipelined on one connection
WRITE_BUFFER_HIGH = 256 * 1024  # above it, no more requests are read from that connection
QUEUE_BYTES_MAX = 8 * 1024 * 1024  # of one client, in user space; the age gate closes long before
LOOK_EVERY_S = 0.2  # at the queues of all connections; at a lagging one for each unit
QUEUE_AGE_MAX_S = 0.5  # older than this in the socket: skip to the next IDR
BURST_GRACE_S = 2.0  # the first group of pictures may take this long
STALL_S = 10.0  # a client that takes nothing for this long is disconnected
STRANGERS = 32  # connections that have shown no login and carry no session; above it the oldest one has to go
STRANGERS_PER_CLIENT = 8  # of one address, or one IPv6 /64
STRANGER_S = 60.0  # a stranger's connection lasts no longer, whatever it asks
HANDSHAKES = 16  # of TLS at the same time; one more ends the oldest
HANDSHAKES_PER_CLIENT = 4
HANDSHAKE_S = 5.0
ACCEPT_PAUSE_S = 0.5  # after an accept that failed
CERTIFICATE_EVERY_S = 60.0  # a renewed one is served after so long
FIRST_REQUEST_S = 10.0
IDLE_CONNECTION_S = 60.0
REFUSED_S = 3.0  # a UDP client whose ports have been closed for this long has gone

GOP_FRESH_S = 0.5  # a group that began so lately is sent as it is; else a new IDR is asked for
GOP_SHOWN_S = 1.0  # what a kept group lasts at most: players stay as far behind as it is long
KEY_WAIT_S = 0.6
CATCH_UP_S = 0.5  # PLAY waits so long while the kept group is still being read from the ring
CAUGHT_UP_S = 0.3  # the newest picture is not older
UDP_BURST_BYTES = 64 * 1024  # of a kept group at once: receivers' buffers are small
UDP_BURST_EVERY_S = 0.005
FIRST_PICTURE_S = 8.0  # PLAY and DESCRIBE wait so long for a sleeping camera
AUDIO_WAIT_S = 2.0  # DESCRIBE waits so long for the first sound
AUDIO_RETRY_S = 60.0  # after it waited in vain
STALE_ENTRY_S = 5.0  # what is older in a ring belongs to an earlier time
LINGER_S = 10.0  # media is kept running after a DESCRIBE

SENDER_REPORT_S = 5
UDP_BUFFER_BYTES = 1024 * 1024
UDP_PAIR_TRIES = 64
BACKLOG = 128

ADMIT_TIMEOUT_S = 3.0
REPORT_S = 1.0
REPORT_LOST_S = 4.0  # a session actor that has not reported for so long has no sessions any more
RETRY_LISTEN_S = 5.0
KEYFRAME_EVERY_S = 0.5  # the encoder allows one a second, for all who ask
APPLY_TIMEOUT_S = 5.0
