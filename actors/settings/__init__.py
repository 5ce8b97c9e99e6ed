"""The settings: checked as a whole, stored on disk, published to all actors.

Owns ``settings.json``, with the credentials of other rooms. A change is applied completely or not at all, and is on
disk before it is acknowledged; the state ``SettingsView`` has a revision, and an actor that must not act on older
settings waits for it (``Actor.settled``). Not guaranteed: that others have acted on a change when it is acknowledged.
A password is given only to the actor it belongs to. When this actor dies nothing is lost.
"""
