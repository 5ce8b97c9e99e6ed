"""The encoder: JPEG, H.264 and sound, each encoded once for all consumers, and only while somebody holds a lease.

Owns the codecs and the rings ``jpeg``, ``video`` and ``audio`` (also those of the tiers). Where the camera passes its
own JPEG or H.264 through, it only passes the lease on. Guaranteed: after a restart, a change or a request, the next
picture is an IDR with its parameter sets, and its generation only ever rises. Not guaranteed: an encoded picture per
frame (under load the rate is lowered in steps, and reported), or an exact bit rate. When it dies, a second is lost.
Rejected: an encoder per viewer, because each needed a CPU core.
"""
