"""Every bound of what goes between a camera and its pool, and of how long the camera waits, in one place."""

# The camera
DEADLINE_S = 0.3  # for one answer; the detector's worker must show a sign of life long before it counts as hung
FIRST_S = 1.0  # the first picture waits for the first probe at most so long
HEDGE_S = 0.2  # without an answer for so long, the camera begins to load its own network
MISSES = 3  # in a row: then the pool is not asked any more …
PROBE_EVERY_S = 5.0  # … but probed, until it has answered …
PROOFS = 2  # … so many probes in a row; the others follow the first one quickly
PROOF_EVERY_S = 0.2
PROOFS_MOST = 16  # a pool that was lost again soon after it had come back has to prove twice as much, up to this
RELAPSE_S = 20.0  # how soon that is
WARM_S = 60.0  # the camera's own network is kept so long after it was last needed
CONNECTIONS = 2

# On the wire
SIDE = 640  # pixels of the longer side of a picture, at most
QUALITY = 80  # of a JPEG
PICTURES = 3  # of one question: the whole, and the parts in which something moves
PICTURE_BYTES = 400 << 10
HEAD_BYTES = 4 << 10
QUESTION_BYTES = HEAD_BYTES + PICTURES * PICTURE_BYTES
ANSWER_BYTES = 64 << 10
OBJECTS = 100  # in one picture
NAME_LENGTH = 64  # of a network, a camera, a class
