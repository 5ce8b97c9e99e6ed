"""A detector's own models when it uses a pool: loaded when they are needed, unloaded a while later."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping

from models.detect.detector import Run
from models.pool import limits


class OnDemand(Mapping[str, Run]):
    """Of one worker's thread. Taking a network that is not loaded loads it, and may raise WeightsError."""

    def __init__(self, ids: tuple[str, ...], load: Callable[[str, Callable[[], None]], Run]) -> None:
        """``load`` calls what it is given beside the id, the worker's ``beat``, while it takes long."""
        self._ids, self._load = ids, load
        self.beat: Callable[[], None] = lambda: None
        self._loaded: dict[str, Run] = {}
        self._used = 0.0

    def __getitem__(self, model_id: str) -> Run:
        if model_id not in self._ids:
            raise KeyError(model_id)
        if model_id not in self._loaded:
            self._loaded[model_id] = self._load(model_id, self.beat)
        self._used = time.monotonic()
        return self._loaded[model_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, model_id: object) -> bool:
        return model_id in self._ids  # Mapping's would load it

    def prepare(self) -> None:
        """They will probably be needed soon."""
        for model_id in self._ids:
            self[model_id]

    def tidy(self) -> None:
        """They are not needed just now."""
        if self._loaded and time.monotonic() - self._used > limits.WARM_S:
            self._loaded.clear()
            from actors.detector.inference import give_back  # it is there already: they were loaded

            gc.collect()
            give_back()
