"""Ray's programming model on Thespian: named handles, asks that always end, large data by reference, supervision.

Owns the processes (only the supervisor creates, watches, kills and restarts them) and what travels between them:
messages through one socket per process, pictures and sound through rings in shared memory, never through messages. An
actor is a process with one loop. What it guarantees to its handlers is in ``actor``, what it guarantees to those who
ask or tell is in ``peers``. Nothing outlives a run except the lock and the remains of an unclean end, which the next
start reaps. Not guaranteed: that a tell arrives; that an ask which ended without an answer was not carried out; the
order between what an actor tells and what it answers. Rejected: Thespian's TCP transport (a port that unpickles, and
eight times the cost per message), its logger and its wake-ups; Ray itself (437 MB when idle); threads instead of
processes (one crash in a codec would end everything).
"""
