"""The HTTP and WebSocket protocols as bytes and JSON. No sockets."""
