"""The checks of ``ipcamera doctor``."""
