"""The camera: one source of pictures, opened, watched, and opened again; what it shows goes to rings.

Owns the source (and, of a network camera, the one connection that carries its sound too), the privacy mask, and the
stills. Pictures leave only by the rings ``frames``, ``jpeg``, ``video``, ``hevc`` and ``sound``, each filled while
somebody holds a lease of it; time stamps are those of the capture, never of the arrival. Everything that blocks is in
one worker thread; a driver that never returns costs the process, which is started anew at the same device. A death
loses a second of pictures at most; viewers stay. Not promised: that every picture arrives (the newest is worth more
than all of them), nor that two rings show the same moment. Reading a network camera twice, for picture and for sound,
was given up: many cameras allow one session.
"""
