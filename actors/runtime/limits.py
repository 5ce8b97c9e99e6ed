"""Every limit of the runtime, in one place."""

MESSAGE_MAX_BYTES = 4 << 20  # of one message, pickled; the sender is told
PACKET_MAX_BYTES = 64 << 10  # larger messages are sent in parts: the kernel's socket buffer holds about 200 kB
PACKETS_WAITING = 512  # for one peer that does not read
PACKETS_PER_TURN = 32  # read from one peer before the loop looks at the others
PEERS = 64  # connections to one process
ASKS_IN_FLIGHT = 16  # unanswered asks of one actor to another
ASKS_WAITING = 128  # asks that wait for one of those slots; the next one fails at once
NOTIFICATIONS_WAITING = 256  # tells and news that wait for one actor; a state replaces itself
MAILBOX_WAITING = 512  # messages that wait for their turn in one actor, and in each of its lanes

BEAT_EVERY_S = 1.0
LOOK_AT_HEARTS_S = 0.5
SILENT_FOR_S = 3.0  # a process without a heartbeat for this long is killed
SILENT_AT_START_S = 30.0  # while it starts: a slow memory card may keep it from running for long
START_TIMEOUT_S = 600.0  # for a process with heartbeats that is not ready: a database is migrated, a model is converted
UNSCHEDULED_AT_MOST_S = 8.0  # of a silence that is excused because the machine was busy
SAMPLE_EVERY_S = 5.0  # memory and CPU time of each process
STOP_TIER_S = 0.9  # for each tier of the tree at a clean stop
STOP_TOTAL_S = 3.5
DISMISSED_S = 2.0  # for an actor that is switched off to stop by itself
LAUNCHER_SAYS_EVERY_S = 10.0  # what a slow start waits for

MAX_RESTARTS = 5
RESTART_WINDOW_S = 30.0
RESTART_DELAYS_S = (0.0, 0.0, 0.0, 0.25, 0.5)  # by the number of deaths in the window
DEGRADED_RETRY_S = 300.0

WORKER_PATIENCE_S = 4.0
EXECUTOR_PATIENCE_S = 30.0
WORKER_JOIN_S = 0.3

SETTLED_S = 2.0  # for changed settings to be applied, for those who wait for it

LEASE_TTL_S = 3.0
LEASE_RENEW_S = 1.0

CONTROL_REQUEST_MAX = 256 << 10
CONTROL_CONNECTIONS = 16

TREE_RESTARTS = 3  # of the whole tree, by the launcher
TREE_RESTARTS_WITHIN_S = 60.0
HISTORY_WAITING = 200  # system events that wait for the event log
