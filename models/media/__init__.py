"""Pictures and sound as bytes and numbers: byte streams, planes, rings, clocks, rates. No codec, device or thread."""
