"""The broker connection: events, states, pictures and telemetry out, commands in.

Owns the connection and the outbox. Guaranteed: each event reaches the broker exactly once (QoS 2, with a record on disk
of the one in flight), in order, also across a restart of either side; at least once if the broker only supports QoS 1.
States are retained, and the newest wins; pictures and telemetry are QoS 0 and are skipped while the broker is slow.
A command is carried out at most once; retained commands, commands while commands are switched off, and commands that
were sent while this client was offline are not carried out. When it dies, only the connection is lost. Rejected:
gmqtt's own reconnection and packet store, because it sends before it stores, and repeats forever what a broker rejects.
"""
