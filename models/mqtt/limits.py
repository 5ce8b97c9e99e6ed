"""Every bound of the MQTT room."""

OUTBOX_ROWS = 20_000  # two per event; a busy day and more
OUTBOX_BYTES = 16 * 1024 * 1024
DISK_WAIT_S = 5.0  # before a full disk is tried again
LOOK_AGAIN_S = 2.0  # before the history is asked again for events that we missed
CATCH_UP_PAGE = 200  # events asked of the event log at once
ENDS_LOOKED_FOR = 100  # visits before our restart whose end may have been missed
LIVE_TRIGGER_MS = 60_000  # an older event starts no automation any more: it is history

KEEPALIVE_S = 20
SESSION_S = 3600  # how long the broker remembers a half-delivered event of ours
CONNECT_S = 10.0
GOODBYE_S = 0.4  # a clean stop of the program leaves less than a second
ACK_S = 20.0  # nothing acknowledged for so long: the connection is dead
FIRST_RETRY_S = 1.0
LARGEST_RETRY_S = 15.0
IN_FLIGHT = 8  # unacknowledged QoS 1 packets of ours besides the event under way; brokers allow 20 and more
WRITE_BUFFER = 1024 * 1024  # bytes waiting for a slow broker before pictures are left out
TRAIL = 32  # sent messages that are remembered for when the broker hangs up
SUSPECT_S = 1.5  # what was sent so shortly before may be why
SUSPECT_BYTES = 4096  # of what is never acknowledged, only something large is suspected
SUSPECT_AGAIN_S = 120.0  # the same thing once more within this time
CUTS = 3  # in a row: then it is why
EVENT_CUTS = 2
AVOIDED_S = 3600.0  # then it is tried again
PACKET_BYTES = 64 * 1024  # the largest packet that we want to be sent (MQTT 5)
TOPIC_CHARACTERS = 512  # of a received message: twice the longest prefix with the longest of our topics

COMMANDS_WAITING = 128  # more than there are entities; of one topic only the newest waits
COMMANDS_BURST = 64  # a scene that sets everything at once
COMMANDS_PER_S = 4.0  # carried out in the long run
COMMAND_BYTES = 20_480  # zones are the longest setting
RESTART_EVERY_S = 10.0

SECOND_REPORT_S = 5.0  # who has just heard of us has missed the first report
IMAGE_EVERY_S = 10.0
IMAGE_BYTES = 4 * 1024 * 1024
EVENT_IMAGE_EVERY_S = 2.0
PICTURE_WAIT_S = 3.0
REBIRTH_JITTER_S = 5.0  # after Home Assistant says that it is online
REMIND_S = 20.0  # ON is said again while it lasts: Home Assistant would give up waiting for OFF

TEST_S = 10.0
TEST_EVERY_S = 2.0
