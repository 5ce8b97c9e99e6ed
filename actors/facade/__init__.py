"""The facade: HTTPS, WebSocket, the dashboard, and the plain HTTP listener that redirects to them.

Owns the two listeners, the certificate, and the clients' connections, and nothing that must outlive it: sessions are
in ``auth``, settings in ``settings``. What it needs of other actors it reads from their states, or asks for; ``api``
does the rest and knows actors only through ``api.context``. It reads each ring once for all its clients, who hold
references to the same bytes. A slow client loses pictures but delays nobody; a client that disconnects withdraws its
asks. When it dies, connections end, and clients can reconnect to the same ports within a second. Rejected: aiohttp's
own sites, instead of listeners that count and pace connections before TLS, because a stranger could occupy them all.
"""
