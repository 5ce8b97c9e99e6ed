"""Tells people what happened: rules, channels, an outbox."""
