"""Numbers of USB cameras, on directories as udev and sysfs make them."""

from pathlib import Path

import pytest

from actors.camera import usb_devices, v4l2
from actors.camera.usb_devices import CameraNumbers, Identity, identities


class Hub:
    """Cameras plugged into sockets."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.by_id, self.by_path, self.nodes = root / "by-id", root / "by-path", root / "nodes"
        patch.setattr(usb_devices, "LINKS", (str(self.by_id), str(self.by_path)))
        patch.setattr(usb_devices, "NODES", str(self.nodes))

    def plugged(self, *plugs: tuple[str, str, str]) -> list[Identity]:
        """(model, serial number, socket) of each, in the order in which the kernel finds them."""
        devices = []
        for folder in (self.by_id, self.by_path, self.nodes):
            folder.mkdir(exist_ok=True)
            for link in folder.iterdir():
                link.unlink()
        for number, (model, serial, socket) in enumerate(plugs):
            path = self.root / f"video{number}"
            path.touch()
            usb = self.root / "usb" / socket
            (usb / "interface").mkdir(parents=True, exist_ok=True)
            (usb / "serial").unlink(missing_ok=True)
            if serial:
                (usb / "serial").write_text(serial + "\n")
            (self.nodes / path.name).mkdir()
            (self.nodes / path.name / "device").symlink_to(usb / "interface")
            (self.by_path / socket).symlink_to(path)
            by_id = self.by_id / f"usb-{model}{serial and '_' + serial}-video-index0"
            by_id.unlink(missing_ok=True)  # of twins, the last one keeps the name
            by_id.symlink_to(path)
            devices.append(v4l2.Device(str(path), model, f"usb-{socket}", ()))
        found = identities(tuple(devices))
        for number in range(len(plugs)):
            (self.nodes / f"video{number}" / "device").unlink()
            (self.nodes / f"video{number}").rmdir()
        return found


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    return Hub(tmp_path, monkeypatch)


@pytest.mark.parametrize("serial", ["", "SN0001"])
def test_twins_keep_their_numbers_by_socket(hub: Hub, tmp_path: Path, serial: str) -> None:
    numbers = CameraNumbers(tmp_path / "cameras.json")
    left, right = ("Twin", serial, "left"), ("Twin", serial, "right")
    assert numbers.numbers(hub.plugged(left, right)) == ["0", "1"]
    assert CameraNumbers(tmp_path / "cameras.json").numbers(hub.plugged(right, left)) == ["1", "0"]


def test_a_camera_with_a_serial_number_may_move(hub: Hub, tmp_path: Path) -> None:
    numbers = CameraNumbers(tmp_path / "cameras.json")
    assert numbers.numbers(hub.plugged(("A", "1", "left"), ("B", "2", "right"))) == ["0", "1"]
    assert numbers.numbers(hub.plugged(("B", "2", "left"), ("A", "1", "right"))) == ["1", "0"]


def test_the_only_one_of_its_kind_may_move(hub: Hub, tmp_path: Path) -> None:
    numbers = CameraNumbers(tmp_path / "cameras.json")
    assert numbers.numbers(hub.plugged(("A", "", "left"), ("B", "", "right"))) == ["0", "1"]
    assert numbers.numbers(hub.plugged(("B", "", "front"))) == ["1"]


def test_numbers_of_earlier_versions_are_kept(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "cameras.json").write_text('["usb-B-video-index0", "usb-A-video-index0"]')
    numbers = CameraNumbers(tmp_path / "cameras.json")
    assert numbers.numbers(hub.plugged(("A", "", "left"), ("B", "", "right"))) == ["1", "0"]
