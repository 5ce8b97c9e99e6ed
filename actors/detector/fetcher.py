"""Downloads the models of a detector while the program runs: which exist, and a thread that fetches the others.

It owns the download in progress. Existing files are verified completely, and an interrupted download is resumed after
a restart. Not guaranteed: that a download succeeds; it reports why not, and must be requested again.
"""

from collections.abc import Callable, Sequence

from actors.detector import limits
from actors.detector.download import DownloadError, fetch
from actors.runtime.worker import Worker
from config.boot import Boot
from config.weights import store
from config.weights.catalogue import CATALOGUE, WeightsFile
from models.messages.detector import ModelView


def look(boot: Boot, ids: Sequence[str]) -> list[ModelView]:
    """The state of each model on disk; reads the files completely."""
    return [view(CATALOGUE[one], store.state(boot, CATALOGUE[one])) for one in ids]


def view(model: WeightsFile, state: str, done: int = 0, problem: str = "") -> ModelView:
    return ModelView(model.id, model.role, model.bytes, model.licence, state, done, problem)


class Fetcher(Worker):
    """Downloads the models one at a time. ``tell`` is called in the actor's loop, ``finished`` when all were tried."""

    patience_s = limits.FETCH_PATIENCE_S

    def __init__(
        self,
        boot: Boot,
        models: Sequence[WeightsFile],
        tell: Callable[[ModelView], None],
        finished: Callable[[], None],
    ) -> None:
        super().__init__("model fetcher")
        self._boot = boot
        self._models = models
        self._tell = tell
        self._finished = finished

    def run(self) -> None:
        for model in self._models:
            if not self.stopping.is_set():
                self.post(self._tell, self._fetched(model))
        self.post(self._finished)
        self.stopping.wait()

    def _fetched(self, model: WeightsFile) -> ModelView:
        told = -limits.FETCH_STEP_BYTES

        def progress(done: int) -> None:
            nonlocal told
            self.beat()
            if self.stopping.is_set():
                raise DownloadError("the server is stopping")
            if done - told >= limits.FETCH_STEP_BYTES:
                told = done
                self.post(self._tell, view(model, "fetching", done))

        try:
            fetch(model, store.store(self._boot) / model.file, self._boot.detection.model_mirror, progress)
        except DownloadError as error:
            return view(model, "missing", problem=f"The download failed: {error}")
        except OSError as error:
            return view(model, "missing", problem=f"The model could not be saved: {error.strerror}")
        return view(model, "good", model.bytes)
