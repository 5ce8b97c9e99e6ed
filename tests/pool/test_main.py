"""The gateway's process, with false replicas in the place of Ray's."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, cast

import pytest

from pool import limits
from pool.host import Orders
from tests.pool.test_gateway import Replicas

pytest.importorskip("ray", reason="Ray is not installed; scripts/test installs it")


async def test_looking_at_ray_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pool import serving
    from pool.__main__ import serve_cameras
    from pool.app import Plan

    looks = 0

    def replicas() -> dict[str, int]:
        nonlocal looks
        looks += 1
        return {"objects": 1}

    monkeypatch.setenv("IPCAMERA_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(limits, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(serving, "replicas", replicas)
    served = asyncio.create_task(serve_cameras(Orders([], str(tmp_path), "", {}), Plan(), cast("Any", Replicas())))
    async with asyncio.timeout(20):
        while looks < 50:
            await asyncio.sleep(0.01)
        tasks = len(asyncio.all_tasks())
        os.kill(os.getpid(), signal.SIGTERM)
        await served
    assert tasks < 10
