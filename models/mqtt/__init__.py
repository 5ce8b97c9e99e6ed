"""MQTT without I/O: topics, payloads, Home Assistant discovery, commands, and exactly-once delivery of events."""
