"""The warm parent: everything that actors need is imported once, before the first fork.

A child then starts in milliseconds, shares what was imported instead of holding a copy, and runs the code that the
program was started with, whatever has changed on disk since. The parent only imports: it starts no thread and opens
no codec, database, TLS context or socket but its own, for none of these survives a fork.
"""

import gc
import importlib
import os
from collections.abc import Iterable

# Read by NumPy's OpenBLAS as it is loaded: it would start a thread for each core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def import_all(paths: Iterable[str]) -> dict[str, str]:
    """Import each "package.module:Class"; what failed, by path, with the reason.

    A failure is left to the actor that needs the module: its process meets it again and says so.
    """
    failed = {}
    for path in dict.fromkeys(paths):
        try:
            importlib.import_module(path.partition(":")[0])
        except Exception as error:  # noqa: BLE001 — somebody else's module may raise anything
            failed[path] = f"{type(error).__name__}: {error}"
    gc.collect()
    gc.freeze()  # what is here now stays in pages that no collection touches, so that children go on sharing them
    return failed
