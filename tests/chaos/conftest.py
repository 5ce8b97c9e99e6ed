from tests.wire.conftest import run, server

__all__ = ["run", "server"]
