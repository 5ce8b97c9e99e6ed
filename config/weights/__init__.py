"""Weights of neural networks: which there are, where they are from, and the files on disk."""
