"""The drills of ``ipcamera drill``: what is broken on purpose, who watches, and how it is judged."""
