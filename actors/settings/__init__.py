"""The settings: checked as a whole, kept on disk, told to everybody.

Owns ``settings.json``, credentials of others included. A change is all or nothing and on disk before it is answered;
the state ``SettingsView`` has a revision, and an actor that must not act on older ones waits for it
(``Actor.settled``). Not promised: that others have acted when the change is answered. Passwords are given to whom they
belong and to nobody else. A death loses nothing.
"""
