"""The notifier: tells people what happened, by rules and channels, through an outbox.

Owns the rules, the channels with their secrets, and the outbox. Guaranteed: each event that matches a rule reaches its
channels at least once, however often this actor is killed, if the channel accepts it within six hours; nothing leaves
the device without a rule; no secret is shown or logged. When it dies, only the last answer of each channel is lost. A
kill between the receiver's acceptance and our note of it repeats that one message, with the same id. Not guaranteed:
that an event older than six hours is still reported. Rejected: ``pywebpush``, and ``apprise`` in this process; see
ARCHITECTURE.md, "Notifications". What it may be asked is in ``models.messages.notifier``.
"""
