"""What a wheel holds: the folders of the repository, all of them within one package, ``ipcamera``.

pyproject.toml says the rest; it cannot say this.
"""

from setuptools import find_packages, setup

ROOM = "ipcamera"
FOLDERS = ("actors", "api", "config", "models", "pool", "scripts")
LEFT_OUT = ("scripts.bench", "scripts.bench.*", "scripts.wheel")

found = [package for package in find_packages(exclude=LEFT_OUT) if package.partition(".")[0] in FOLDERS]
setup(
    packages=[ROOM, *(f"{ROOM}.{package}" for package in found)],
    package_dir={ROOM: "scripts/wheel"} | {f"{ROOM}.{folder}": folder for folder in FOLDERS},
    package_data={
        f"{ROOM}.actors": ["mqtt/no_event.jpg"],
        f"{ROOM}.api": ["static/**/*", "no_signal.jpg"],
    },
)
