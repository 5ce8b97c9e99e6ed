"""The models: their catalogue, their sources, and their files on disk."""
