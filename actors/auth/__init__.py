"""Access control: the password, the sessions and tokens with their roles, and lock-outs.

Owns ``auth.json``. No other room sees the password or a token: others ask ``WhoIs`` and get an identity. What has been
answered is on disk, so a kill ends nobody's session; lock-outs are in the run directory and end with the run.
Passwords are checked one at a time (argon2 takes tens of ms), and everything else overtakes them, so order is not
guaranteed. While this actor is down no credential is valid, but no session is lost. Rejected: checking passwords in
parallel, because simultaneous guesses then counted as one.
"""
