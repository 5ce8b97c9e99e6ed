"""The shape of the tree of actors."""

import importlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """``class_path`` "package.module:Class"; the class says what it may use and how often it may fail.

    ``tier``: children of one tier start together, after the tier below is up, and stop in the reverse order.
    """

    name: str
    class_path: str
    tier: int


def load_class(class_path: str) -> type:
    """The class. Raises whatever its module raises."""
    module, _, name = class_path.partition(":")
    kind: type = getattr(importlib.import_module(module), name)
    return kind
