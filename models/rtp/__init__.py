"""RTP and RTCP (RFC 3550 and the payload formats) in both directions, as bytes."""
