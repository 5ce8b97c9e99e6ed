"""The speaker: talk-back and text-to-speech, through a sound card or into files.

Owns the sink. One client talks at a time; a person interrupts a spoken sentence, but not the other way round. A short
buffer evens out the network's jitter; what arrives too late is not played. When it dies, the sentence being spoken is
lost. espeak-ng is loaded only in this process: it is GPL-3, and keeps global state.
"""
