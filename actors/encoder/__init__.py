"""The encoder: JPEG, H.264 and sound, each once for everybody, and only while somebody holds a lease.

Owns the codecs and the rings ``jpeg``, ``video`` and ``audio`` (those of the tiers too). Where the camera passes its
own JPEG or H.264 through, it only passes the lease on. Promised: after a restart, a change or a request the next
picture is an IDR with its parameter sets, under a generation that only rises. Not promised: a picture per frame (the
rate goes down under load, in steps, and says so), nor a bit rate to the bit. A death loses a second. An encoder for
each viewer was given up: it cost a processor each.
"""
