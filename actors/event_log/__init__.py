"""The event log: what happened, with a thumbnail, in SQLite.

Owns ``events.db`` and the thumbnails. An event that was answered for is on disk, with an id that was never issued
before and never will be again, even if the database is lost. It is told (``EventRecorded``) after it is stored, at
least once: a process that was killed in between tells its last events again, and who listens tells them apart by their
ids. All writing is in one thread, and what waits is written in one transaction; reading has a connection of its own. A
full disk costs the oldest pictures first, then the oldest events, and never the new one; a broken file is set aside and
a new one begun. Not promised: that a thumbnail exists.
"""
