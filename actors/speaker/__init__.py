"""The speaker: talk-back and text-to-speech, by a sound card or into files.

Owns the sink. One talks at a time; a person interrupts a spoken sentence, not the other way round. A short buffer makes
the network's unevenness inaudible; what comes too late is not played. A death loses the sentence being spoken.
espeak-ng is loaded in this process only: it is GPL-3, and a global machine of its own.
"""
