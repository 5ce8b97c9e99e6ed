"""Every bound of the pool, in one place."""

# Cameras
CAMERAS = 256  # that may be invited
QUESTIONS_PER_S, QUESTIONS_BURST = 20.0, 40  # of one camera; above that 429
BAD_PER_S, BAD_BURST = 0.2, 10  # questions of one camera that cannot be read; above that 429, unread
WAITING_PER_CAMERA = 2  # questions; the oldest is dropped first
BODY_S = 2.0  # for a question's body to come
MEASURED = 1024  # answers, the last ones, of which the status is made
RATE_S = 10.0  # pictures a second are counted over so long

# Serving
# Questions that run together. A processor has nothing from it (measured: 16.4, 16.2, 18.0 ms of it for each picture of
# 1, 4, 8), and all would wait for the last one.
BATCH_CPU, BATCH_GPU = 1, 8
BATCH_WAIT_S = 0.002
PLACES_PER_BATCH = 2  # questions under way at a replica, in batches: one that runs, and the next one
REPLICAS = 8
TARGET_ONGOING = 0.6  # of a replica's places; above that one more is started
UPSCALE_S, DOWNSCALE_S = 3.0, 120.0
HEALTH_EVERY_S, HEALTH_PATIENCE_S = 1.0, 3.0

# Ray
GCS_PORT = 6379
OBJECT_STORE_BYTES = 80 << 20  # Ray's least, nearly: a question goes by value
START_S = 120.0  # for a cluster to come up, on a busy host
LOOK_EVERY_S = 1.0  # at Ray and the gateway
RESTART_S = (0.5, 1.0, 2.0, 5.0, 10.0)  # before each new attempt; the last one for ever
STEADY_S = 60.0  # up for so long: the next attempt is the first one again
STOP_S = 10.0
