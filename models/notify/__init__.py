"""Notifications without I/O: rules, channels, what is said, and how it is sealed and signed."""
