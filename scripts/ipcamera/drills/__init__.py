"""The drills of ``ipcamera drill``: the faults, the viewers, and the verdict."""
