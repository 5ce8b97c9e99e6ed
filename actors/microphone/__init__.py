"""The microphone: one source of sound, as blocks of 20 ms of s16le mono 16 kHz in the ring ``pcm``.

Owns a sound card, a file or a tone; for a network camera it decodes what the camera's process passes on. Each block
has the time of its first sample on the pictures' clock, and its level. The source is open only while somebody holds a
lease. A gap is marked, never filled. When it dies, a second of sound is lost. Not guaranteed: that there is any sound;
without a source it says so once and does not wait for one.
"""
