"""Certificates: made, renewed, and put into a TLS context."""
