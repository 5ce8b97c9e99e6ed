"""The event log: what happened, with a thumbnail, in SQLite.

Owns ``events.db`` and the thumbnails. An acknowledged event is on disk, with an id that was never issued before and
never will be again, even if the database is lost. It is published (``EventRecorded``) after it is stored, at least
once: a process that was killed in between publishes its last events again, and subscribers recognise them by their
ids. All writing is done by one thread, and everything that waits is written in one transaction; reading has its own
connection. On a full disk the oldest pictures are deleted first, then the oldest events, never the new one; a damaged
file is set aside and replaced by a new one. Not guaranteed: that an event has a thumbnail.
"""
