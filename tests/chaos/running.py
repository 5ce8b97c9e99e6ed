"""Which actors have a process in a server that is as it comes, with Pro."""

from actors.runtime.child_spec import load_class
from actors.tree import tree
from config.boot import Boot
from config.settings import defaults, effective


def running(boot: Boot) -> list[str]:
    """Their names, in the order in which they start."""
    settings = effective(defaults(), pro=True)
    return [child.name for child in tree(boot) if load_class(child.class_path).wanted(settings)]  # type: ignore[attr-defined]
