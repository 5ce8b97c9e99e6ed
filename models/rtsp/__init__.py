"""RTSP (RFC 2326) as bytes and rules: parsing, what a request may, descriptions. No socket and no clock."""
