"""What the media actors share: opening things with PyAV, and numbers and clocks that two of them agree on."""
