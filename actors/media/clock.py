"""The two clocks of ``config.clock``, under the name that media know them by."""

from config.clock import unix_ms, wall_of

__all__ = ["unix_ms", "wall_of"]
