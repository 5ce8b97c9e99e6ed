"""Who may come in: the password, sessions and lock-outs."""
