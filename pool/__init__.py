"""A pool of strong hosts that runs detection networks for cameras, on Ray Serve (docs/pool.md).

Nothing of it runs on a camera. ``host`` keeps Ray and the gateway alive on one host, ``gateway`` is the one door for
cameras, ``app`` is what Ray Serve runs, ``networks`` is the work itself.
"""
