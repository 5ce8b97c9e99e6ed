"""Who may come in: the password, the sessions and tokens with their roles, and lock-outs.

Owns ``auth.json``. Nobody else sees the password or a token: others ask ``WhoIs`` and get an identity. What was
answered is on disk, so that a kill costs nobody his session; lock-outs are in the run directory and end with the run.
Order is not promised: passwords are checked one after the other (argon2 costs tens of ms), everything else overtakes
them. While it is away no credential is good and no session is lost. Passwords checked side by side were given up:
guesses made at once then counted as one.
"""
