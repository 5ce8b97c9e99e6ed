"""The preloaded parent: everything that actors need is imported once, before the first fork.

A child then starts in milliseconds, shares what was imported instead of holding a copy, and runs the code that the
program was started with, whatever has changed on disk since. The parent only imports: it starts no thread and opens
no codec, database, TLS context or socket except its own, because none of these survives a fork.
"""

import ctypes
import gc
import importlib
import mmap
import os
from collections.abc import Iterable

from actors.runtime.actor import Actor
from actors.runtime.child_spec import load_class

# Read by NumPy's OpenBLAS when it is loaded; otherwise it starts a thread per core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

M_ARENA_MAX, ARENAS = -8, 2  # mallopt(3)
_libc = ctypes.CDLL(None, use_errno=True)


def import_all(paths: Iterable[str]) -> dict[str, str]:
    """Load each "package.module:Class" and call its ``preload``. Returns what failed: path → reason.

    A failure is left to the actor that needs the module: its process fails in the same way and reports it.
    """
    _libc.mallopt(M_ARENA_MAX, ARENAS)  # otherwise each thread keeps its own heap, with the memory freed in it
    failed = {}
    for path in dict.fromkeys(paths):
        try:
            kind: type[Actor] = load_class(path)
            kind.preload()
        except Exception as error:  # noqa: BLE001 — somebody else's module may raise anything
            failed[path] = f"{type(error).__name__}: {error}"
    importlib.invalidate_caches()
    gc.collect()
    gc.freeze()  # existing objects stay in pages that no collection touches, so that children keep sharing them
    _let_go_of_code()
    return failed


def _let_go_of_code() -> None:
    """Release pages of libraries that were touched only while loading: about 25 MB that are not used again.

    Only for mappings that are not writable and never were ("Anonymous: 0 kB" in smaps, proc(5)), so that the kernel can
    read what is needed after all from the file.
    """
    start = end = 0
    with open("/proc/self/smaps") as file:
        lines = file.read().splitlines()
    for line in lines:
        first, *rest = line.split()
        if not first.endswith(":"):  # a mapping begins: its addresses, its rights, …, its file
            of_a_file = rest[0] in ("r-xp", "r--p") and rest[-1].startswith("/")
            start, end = (int(part, 16) for part in first.split("-")) if of_a_file else (0, 0)
        elif first == "Anonymous:" and rest[0] == "0" and end:
            _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)
