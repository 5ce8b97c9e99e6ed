"""RTSP (RFC 2326) as bytes and rules: parsing, request checks, descriptions. No socket and no clock."""
