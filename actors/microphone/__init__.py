"""The microphone: one source of sound, as blocks of 20 ms of s16le mono 16 kHz in the ring ``pcm``.

Owns a sound card, a file or a tone; of a network camera it decodes what the camera's process passes on. Each block has
the time of its first sample on the pictures' clock and the level that it was heard with. Open only while somebody holds
a lease. A gap is marked, never filled. A death loses a second of sound. Not promised: that there is any sound, in which
case it says so once and does not wait.
"""
