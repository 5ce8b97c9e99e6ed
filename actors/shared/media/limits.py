"""Limits for reading from network cameras. Seconds and bytes unless the name says otherwise."""

CONNECT_S = 6.0
ANSWER_S = 8.0  # RTSP: to one request
SESSION_S = 15.0  # RTSP: from the first byte to PLAY
HTTP_READ_S = 60.0  # readers have a shorter limit, and interrupt
REDIRECTS_MAX = 5
HEAD_BYTES_MAX = 65_536  # of an RTSP message
BODY_BYTES_MAX = 262_144  # of a description
PICTURE_BYTES_MAX = 16_000_000  # a JPEG over HTTP
STILL_EVERY_S = 0.1  # between two requests to a URL that returns one JPEG
KEEP_ALIVE_MOST_S = 25.0
UDP_BUFFER_BYTES = 2_000_000
DATAGRAMS_AT_ONCE = 256

QUEUED_MAX = 4000  # packets between the connection and the reader
QUEUED_BYTES_MAX = 48_000_000
AHEAD_S = 2  # how far to read ahead if a source delivers as fast as it is read
STALE_S = 0.5  # JPEGs that are later than this are skipped if a newer one waits
JOIN_S = 3.0  # for the reading thread to close its connection
