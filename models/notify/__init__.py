"""Notifications without I/O: rules, channels, message formats, encryption and signatures."""
