"""Clients that others generate from /openapi.json, and what their users do with them."""
