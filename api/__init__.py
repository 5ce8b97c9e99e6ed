"""Floor 2: what we say over HTTPS and WebSocket, and the dashboard. The only floor that knows aiohttp."""
