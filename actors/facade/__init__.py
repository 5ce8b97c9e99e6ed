"""HTTPS, WebSocket, and the plain listener that sends people to them."""
