"""Every bound of the recorder, in one place."""

STORE_BYTES = 64 << 20  # pictures in memory for the run-up
WRITING_BYTES = 48 << 20  # waiting for a slow disk, of one recording; beyond it the recording ends there
FRAGMENT_NS = 4_000_000_000  # a longer group of pictures is written in parts: what a power cut costs at most
LAST_PICTURE_NS = 1_000_000_000  # how much longer than others the last picture of a recording may be shown
LATE_EVENT_NS = 3_000_000_000  # until a detector has told of an event: what is kept beside the run-up
LATE_SOUND_NS = 600_000_000  # it comes after the pictures that it belongs to
TICK_S = 0.2
EVENTS_HEARD = 400  # kept, so that one that is told again is known
EVENTS_MAX = 500  # named in one clip
BOXES_MAX = 20_000  # tracked pictures of one clip
CONTINUOUS_NS = 60_000_000_000  # length of one file of continuous recording
STRETCH_MS = 5_000  # of it, that a player loads at once
RECENT_MS = 5_000  # events that a former life may not have heard of
MANUAL_MAX_S = 600
ROOM_BYTES = 1 << 20  # that are made at a time, beside what stays free in any case
FINISH_TRIES = 3  # lives that may try to finish what a former one has left
DISK_PATIENCE_S = 120.0  # for a slow card
NO_PICTURES_NS = 2_000_000_000  # after its end, until a recording is ended without one
VISIT_MS = 600_000  # how long ago a visit may have begun that goes on after a restart
AGAIN_S = 2.0  # until the event log is asked once more
FULL_AGAIN_S = 30.0  # until a disk without room is tried once more
MASK_SETTLES_NS = 30_000_000_000  # after a changed privacy mask a new stream is taken for the one that shows it
