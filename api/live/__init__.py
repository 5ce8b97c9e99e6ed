"""/ws: one socket, its commands, and what is broadcast to all."""
