"""Limits of the RTSP room. Seconds and bytes unless the name says otherwise."""

SOCKETS_PER_SESSION = 4  # connections for each allowed session: probes and DESCRIBEs need no session
REQUESTS_PENDING_MAX = 32  # pipelined on one connection
WRITE_BUFFER_HIGH = 256 * 1024  # above it, no more requests are read from that connection
QUEUE_BYTES_MAX = 8 * 1024 * 1024  # of one client, in user space; the age limit applies long before
LOOK_EVERY_S = 0.2  # checks the queues of all connections; that of a lagging one for each unit
QUEUE_AGE_MAX_S = 0.5  # older than this in the socket: skip to the next IDR
BURST_GRACE_S = 2.0  # the first group of pictures may take this long
STALL_S = 10.0  # a client that accepts nothing for this long is disconnected
STRANGERS = 32  # connections without a login or a session; beyond it the oldest one is closed
STRANGERS_PER_CLIENT = 8  # of one address, or one IPv6 /64
STRANGER_S = 60.0  # maximum duration of a stranger's connection
HANDSHAKES = 16  # simultaneous TLS handshakes; one more ends the oldest
HANDSHAKES_PER_CLIENT = 4
HANDSHAKE_S = 5.0
ACCEPT_PAUSE_S = 0.5  # after an accept that failed
CERTIFICATE_EVERY_S = 60.0  # a renewed one is served after at most this long
FIRST_REQUEST_S = 10.0
IDLE_CONNECTION_S = 60.0
REFUSED_S = 3.0  # a UDP client whose ports have been closed for this long is gone

GOP_FRESH_S = 0.5  # a group that is not older is sent as it is; otherwise a new IDR is requested
GOP_SHOWN_S = 1.0  # maximum time for sending a kept group: players stay as far behind as it takes
KEY_WAIT_S = 0.6
CATCH_UP_S = 0.5  # PLAY waits this long while the kept group is still being read from the ring
CAUGHT_UP_S = 0.3  # the newest picture is not older
UDP_BURST_BYTES = 64 * 1024  # of a kept group at once: receivers' buffers are small
UDP_BURST_EVERY_S = 0.005
FIRST_PICTURE_S = 8.0  # PLAY and DESCRIBE wait this long for a camera in standby
AUDIO_WAIT_S = 2.0  # DESCRIBE waits this long for the first sound
AUDIO_RETRY_S = 60.0  # after no sound arrived
STALE_ENTRY_S = 5.0  # older entries of a ring belong to an earlier time
LINGER_S = 10.0  # media is kept running after a DESCRIBE

SENDER_REPORT_S = 5
UDP_BUFFER_BYTES = 1024 * 1024
BACKLOG = 128

ADMIT_TIMEOUT_S = 3.0
REPORT_S = 1.0
REPORT_LOST_S = 4.0  # a session actor that has not reported for this long has no sessions any more
RETRY_LISTEN_S = 5.0
KEYFRAME_EVERY_S = 0.5  # the encoder allows one per second, for all clients together
APPLY_TIMEOUT_S = 5.0
