"""The shape of the tree of actors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Child:
    """``class_path`` "package.module:Class" is imported in the child's own process only.

    ``tier``: children of one tier start together, after the tier below is up, and stop in the reverse order.
    ``critical``: the program cannot go on without it; its spent budget ends the program.
    ``memory_mb``: resident memory over which the child is killed and started again.
    """

    name: str
    class_path: str
    tier: int
    critical: bool = False
    memory_mb: int = 1_000
