"""The broker connection: events, states, pictures and telemetry out, commands in.

Owns the connection and the outbox. Promised: each event reaches the broker exactly once (QoS 2 with a record of the one
in flight on disk), in order, also over a restart of either side; where the broker takes only QoS 1, at least once.
States are retained and the newest wins; pictures and telemetry are QoS 0 and are left out when the broker is slow.
Commands are obeyed once, never retained ones, never while switched off, and not those that were sent while we were
away. A death loses nothing but the connection. gmqtt's reconnecting and its store of packets were given up: it sends
before it stores, and repeats for ever what a broker does not take.
"""
