"""Every bound of notifications."""

RULES = 32
CHANNELS = 32
NAME_MAX = 64  # characters
URL_MAX = 2048
EVERY_MAX_MIN = 24 * 60

OUTBOX_ROWS = 1000  # the oldest goes
SEEN_KEPT = 2000  # events of which it is remembered that they were looked at
EXPIRES_MS = 6 * 3600 * 1000  # what is not delivered by then is looked up in the history
CATCH_UP = 1000  # of the newest events, looked through for what we missed
WAITING_EVENTS = 1000  # not yet looked at
DISK_WAIT_S = 5.0
LOOK_AGAIN_S = 2.0  # before the history is asked again for what we missed

AT_ONCE = 4  # channels that are being delivered to
FIRST_RETRY_S = 5.0
LARGEST_RETRY_S = 900.0
RETRY_AFTER_MAX_S = 3600.0  # whatever the other side asks for
REQUEST_S = 15.0
ANSWER_BYTES = 2048  # read of the other side's answer
ANSWER_SHOWN = 300  # characters of it
PICTURE_WAIT_S = 4.0  # a thumbnail comes a little after its event
PICTURE_AGAIN_S = 0.25
PICTURE_BYTES = 512 * 1024
VIEWERS_S = 2.0  # how long it may take to say who watches

SENDER_S = 60.0  # for one message by apprise, its start included
SENDER_BYTES = 64 * 1024  # of its report
SENDER_MEMORY = 512 << 20  # address space of its process
SENDER_REDIRECTS = 3
TEST_EVERY_S = 2.0
TEST_S = SENDER_S + 15.0  # for who asks for a test: with its picture, and a turn of apprise

PUSH_BYTES = 4096  # of a push message; RFC 8030 §7.2 asks no service for more
PUSH_SMALL_WIDTHS = (200, 160, 120)  # px, of the picture inside a push message
PUSH_SMALL_QUALITIES = (50, 35, 22)
VAPID_S = 12 * 3600  # RFC 8292 §2: 24 h at most
VAPID_CONTACT = "mailto:ipcamera@example.org"  # services insist on one; nobody is to be told of a device's owner
