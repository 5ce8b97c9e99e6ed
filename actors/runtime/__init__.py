"""Ray's manners on Thespian: named handles, asks that always end, big things by reference, supervised restarts.

Owns the processes (made, watched, killed and restarted by the supervisor alone) and what travels between them: messages
by one socket for each process, pictures and sound by rings in shared memory, never by message. An actor is a process
with one loop; what it promises to its handlers is in ``actor``, what it promises to those who ask in ``peers``. Nothing
of it outlives a run but the lock and what a stale run left, which is reaped. Not promised: that a tell arrives; that an
ask which ended without an answer was not acted on; order between what an actor tells and what it answers. Given up:
Thespian's TCP transport (a port that unpickles, and eight times the cost of a message), its logger and its wake-ups;
Ray itself (437 MB when idle); threads in place of processes (one crash in a codec would end all).
"""
