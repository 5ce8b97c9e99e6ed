"""The recorder: clips of events from before they began, and continuous recording, both from one buffer in memory.

Owns the last seconds of encoded video and sound, and the recordings in progress. Guaranteed: a clip begins at an IDR at
least the run-up before its event, or says how much it has; it contains all pictures that arrived, in order; what was
written can be played up to its last complete fragment, wherever this process or the power failed; a finished clip is
stored by the event log before it is announced, once. A restart loses the run-up and the pictures of that moment:
recordings in progress end there, are completed after the restart, and the history says so. Not guaranteed: a clip
while the disk has no space. Rejected: PyAV for files in progress, because each fragment must be on disk when it counts
as written (see ARCHITECTURE.md, "A clip").
"""
