"""The camera: one source of pictures, which is opened, watched, and reopened; what it shows goes into rings.

Owns the source (and, for a network camera, the one connection that also carries its sound), the privacy mask, and the
captures. Pictures leave only through the rings ``frames``, ``jpeg``, ``video``, ``hevc`` and ``sound``, each filled
only while somebody holds a lease on it; timestamps are those of the capture, never of the arrival. Everything that
blocks runs in one worker thread. A driver that never returns costs the process, which is restarted with the same
device. When it dies, at most a second of pictures is lost, and viewers stay connected. Not guaranteed: that every
picture arrives (the newest matters more than completeness), or that two rings show the same moment. Rejected: reading
a network camera twice, for picture and for sound, because many cameras allow one session only.
"""
