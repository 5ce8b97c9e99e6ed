"""The broker connection: events, states, pictures and telemetry out, commands in."""
