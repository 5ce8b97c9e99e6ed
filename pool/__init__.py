"""A pool of powerful hosts that runs detection models for cameras, on Ray Serve (docs/pool.md).

None of it runs on a camera. ``host`` keeps Ray and the gateway running on one host, ``gateway`` is the only entry for
cameras, ``app`` is what Ray Serve runs, ``inference`` is the actual work.
"""
