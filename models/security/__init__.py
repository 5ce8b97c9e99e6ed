"""Passwords, lock-outs, sessions and licences as values and rules: time and randomness are passed in."""
