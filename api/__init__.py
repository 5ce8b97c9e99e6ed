"""Layer 2: what the server says over HTTPS and WebSocket, and the dashboard. It speaks HTTP with aiohttp."""
