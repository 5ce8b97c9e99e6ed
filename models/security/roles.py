"""Roles of credentials. Each role includes the rights of those below it."""

MEDIA = "media"  # the picture, at the addresses of pictures only: for a card in Home Assistant, a player, a recorder
VIEWER = "viewer"  # sees, hears, and reads events and settings; changes nothing
OWNER = "owner"  # everything
ROLES = (MEDIA, VIEWER, OWNER)

# What a viewer may send on the WebSocket.
VIEWER_MESSAGES = frozenset({"auth", "ping", "hello", "enableH264", "requestKeyframe", "audio_subscribe"})


def may(role: str, needed: str) -> bool:
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)
