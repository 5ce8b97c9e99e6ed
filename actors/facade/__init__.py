"""The facade: HTTPS, WebSocket, the dashboard, and the plain listener that sends people to them.

Owns the two listeners, the certificate, and the clients' connections, and nothing that must outlive it: sessions are in
``auth``, settings in ``settings``. What it needs of actors it has in their states, or asks; ``api`` does the rest and
knows actors only by ``api.context``. It reads each ring once for all its clients, who hold references to the same
bytes. A slow client loses pictures, never others' time; a client that hangs up withdraws what it asked for. When it
dies connections end, and clients come back to the same ports within a second. aiohttp's own sites were given up for
listeners that count and pace connections before TLS: a stranger could hold them all.
"""
