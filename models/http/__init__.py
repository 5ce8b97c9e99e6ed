"""What goes over HTTP and WebSocket as bytes and as JSON, without any socket."""
