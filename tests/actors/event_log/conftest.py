"""A database of events, and who reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.event_log.queries import Queries
from actors.event_log.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def queries(store: Store) -> Iterator[Queries]:
    made = Queries(store.path)
    yield made
    made.close()
