"""Every bound of the event log, in one place."""

DATABASE_MAX_BYTES = 512 << 20  # about 1.5 million events; the oldest go
THUMBNAILS_MAX_BYTES = 200 << 20
THUMBNAIL_WIDTH = 320
THUMBNAIL_QUALITY = 75
THUMBNAILS_WAITING = 8  # pictures being made at once; events beyond go without
PICTURE_WAIT_S = 1.5  # for a camera that delivers nobody else
PICTURE_FRESH_S = 2.0  # an older picture does not show the event
RESERVE_BYTES = 4 << 20  # kept on disk to be given up when it is full: deleting needs room too
TRIM_ROWS = 500  # deleted in one transaction
FULL_ROWS = 2_000  # deleted when the disk is full,
FULL_STEP = 100  # so many in one transaction
TRIM_FIRST_S = 30.0
TRIM_EVERY_S = 600.0
CHECK_AT_START_BYTES = 32 << 20  # a larger database is checked while it already works
CHECK_PATIENCE_S = 900.0  # a large database on a slow card
RECEIPTS = 2_000
BUCKET_ROWS = 10_000  # events of each type that are counted for one answer
WAITING = 1_000  # events not yet written; beyond, senders keep theirs
BATCH = 200  # events in one transaction
ASIDE_KEPT = 3  # corrupt databases that are kept for whoever wants to look
ID_BLOCK = 1_000  # ids promised ahead in a file of their own, in case the database is lost
AGAIN = 200  # events told again after a restart, at most
VACUUM_PAGES = 1_000  # given back to the file system at once
EXPORT_ROWS = 1_000
WRITES_AT_ONCE = 64  # of each kind: what is written together is one transaction
READS_AT_ONCE = 4  # of each kind, so that a page does not wait for a long count
