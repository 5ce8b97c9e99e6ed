"""Every bound of the runtime, in one place."""

MESSAGE_MAX_BYTES = 4 << 20  # of one message, pickled; the sender is told
PACKET_MAX_BYTES = 64 << 10  # larger messages travel in parts: the kernel's buffer of a socket holds some 200 kB
PACKETS_WAITING = 512  # for one peer that does not read
PACKETS_PER_TURN = 32  # read from one peer before the loop looks at the others
PEERS = 64  # connections to one process
ASKS_IN_FLIGHT = 16  # unanswered asks to one actor
ASKS_WAITING = 128  # asks that wait for one of those places; the next one fails at once
LETTERS_WAITING = 256  # tells and news that wait for one actor; state news replaces itself
ASK_TIMEOUT_S = 5.0

BEAT_EVERY_S = 1.0  # a beat is 1.5 ms of work for both ends together: half of what an idle device does
WEIGH_EVERY_BEATS = 5  # the memory of each actor
SILENT_FOR_S = 2.0  # a process that has not answered for so long is killed
STARVED_AT_MOST_S = 8.0  # of a silence that is excused because the machine was busy
START_TIMEOUT_S = 30.0
STOP_TIER_S = 0.9  # for each tier of the tree at a clean stop
STOP_TOTAL_S = 3.5

RESTART_DELAYS_S = (0.0, 0.0, 0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
RESTART_FORGIVEN_AFTER_S = 30.0
RESTART_BUDGET = 5  # failures in a row; then the actor is degraded
KILLED_AT_ONCE_S = 0.1  # pause for one that is killed from outside as soon as it is up
DEGRADED_RETRY_S = 300.0

WORKER_PATIENCE_S = 4.0
BENCH_PATIENCE_S = 30.0

LEASE_TTL_S = 3.0
LEASE_RENEW_S = 1.0
SETTLED_AFTER_S = 1.0  # from being up until everybody surely knows it

CONTROL_REQUEST_MAX = 256 << 10
CONTROL_CONNECTIONS = 16

TREE_RESTARTS = 3  # of the whole tree, by the launcher
TREE_RESTARTS_WITHIN_S = 60.0
HISTORY_WAITING = 200  # system events that wait for the event log
