"""What we say by MQTT: topics, payloads, Home Assistant's discovery, commands, and how one event is delivered once."""
