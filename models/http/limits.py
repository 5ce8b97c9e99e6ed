"""All limits of the HTTP and WebSocket surface, in one place."""

# Connections, both ports together. A *stranger* is an address (IPv6: its /64) from which nobody has shown a valid
# credential; a proxy, or everybody behind one router, is one address.
CONNECTIONS_KNOWN = 512
CONNECTIONS_KNOWN_PER_ADDRESS = 128
CONNECTIONS_STRANGERS = 128  # above that, the address with the most gives one up
CONNECTIONS_STRANGERS_PER_ADDRESS = 32
HANDSHAKE_S = 5.0
FIRST_REQUEST_S = 10.0  # from the end of the handshake to the end of the first request's head
IDLE_S = 75.0  # between two requests: longer than proxies keep theirs
# Handshakes are the most expensive thing a stranger can request: above the rate they wait, in turn.
HANDSHAKES_KNOWN_PER_S, HANDSHAKES_KNOWN_BURST = 100.0, 200  # of one address
HANDSHAKES_PER_S, HANDSHAKES_BURST = 20.0, 40  # of one stranger
HANDSHAKES_STRANGERS_PER_S, HANDSHAKES_STRANGERS_BURST = 60.0, 120  # of all strangers together
HANDSHAKES_WAITING_PER_ADDRESS = 16
ADDRESSES = 1024  # kept in each table, most recent first

# Requests without a valid session; the page and all that belongs to it are about 70. A page of somebody else's in the
# owner's browser asks from an address that is known.
REQUESTS_PER_S, REQUESTS_BURST = 25.0, 150  # of a stranger
REQUESTS_KNOWN_PER_S, REQUESTS_KNOWN_BURST = 200.0, 1000
# Questions to other actors that are open at once: of one stranger, of all strangers, of one address that is known (its
# further ones wait). An actor takes 16 of ours at a time, and 128 may wait for it.
QUESTIONS_PER_STRANGER = 4
QUESTIONS_STRANGERS = 24
QUESTIONS_PER_ADDRESS = 16

# /stream
STREAM_CLIENTS = 128  # at once, for the whole device
STREAM_CLIENTS_PER_ADDRESS = 64  # a proxy is one address
STREAM_BACKLOG = 64 * 1024  # unacknowledged bytes above which pictures are skipped for this client
STREAM_STUCK_S = 20.0  # a client that takes no byte for so long is cut off
NO_SIGNAL_AFTER_S = 2.0  # without a picture, and the camera reports that it is not running
NO_SIGNAL_ANYWAY_AFTER_S = 6.0  # the camera is running: the encoder is being replaced
NO_SIGNAL_EVERY_S = 1.0
NO_SIGNAL_FOR_S = 30.0  # then the stream ends

# /snapshot
FRESH_S = 1.0  # a picture of at most this age is served again
SNAPSHOT_WAIT_S = 3.0
WIDEST = 8192  # that may be asked for

# /capture
CAPTURE_KEPT_S = 600.0

# /ws: connections
SOCKETS = 16  # that are authenticated
SOCKETS_WAITING = 16  # that are not yet
SOCKETS_PER_ADDRESS = 8  # of either kind
MAX_TEXT = 64 * 1024
AUTH_S = 10.0
AUTH_TRIES = 3
PING_EVERY_S = 20.0
DEAD_AFTER_S = 60.0
REFRESH_SESSION_S = 3600.0
CLOSE_S = 2.0  # for the client's half of the closing handshake

# /ws: what is waiting for one client
QUEUED_MESSAGES = 200  # answers and events: never dropped, so the socket is closed (1013) instead
QUEUED_SOUND = 10  # chunks of 40 ms
QUEUED_PICTURES = 30
GROUP_BYTES = 8 * 1024 * 1024  # of the group of pictures that a viewer begins with
QUEUED_PICTURE_BYTES = 1024 * 1024
OVERFLOWS = 3  # in OVERFLOW_WINDOW_S: say it
OVERFLOW_WINDOW_S = 30.0
SOCKET_BACKLOG = 64 * 1024  # unacknowledged bytes above which nothing more is written

# /ws: what one client may send
MALFORMED = 10  # in MALFORMED_WINDOW_S: close 1008
MALFORMED_WINDOW_S = 60.0
WAITING_PER_S, WAITING_BURST = 2.0, 20  # of any kind, before it is authenticated; above that: close 1008
SETTINGS_PER_S, SETTINGS_BURST = 20.0, 40
KEYFRAMES_PER_S, KEYFRAMES_BURST = 1.0, 1
QUALITIES_PER_S, QUALITIES_BURST = 10.0, 20  # a slider that is dragged
STREAM_CONTROLS_PER_S, STREAM_CONTROLS_BURST = 1.0, 5
TALK_PER_S, TALK_BURST = 60.0, 60
TALK_ERRORS_PER_S, TALK_ERRORS_BURST = 1.0, 1

# /ws: how often state is told, in seconds between two messages
SETTINGS_EVERY_S = 0.2
STATUS_EVERY_S = 1.0
LEVELS_EVERY_S = 0.2
SYSTEM_INFO_EVERY_S = 5.0
FIRST_PICTURE_S = 3.0  # h264_ack waits so long for the stream's own description
SOUND_CHUNK_MS = 40
