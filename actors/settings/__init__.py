"""The settings: checked, kept on disk, told to everybody."""
