"""Bounds of what ONVIF's clients may send and hold. Seconds, bytes and counts."""

BODY_MAX = 64 * 1024  # of a request; the longest of a real client have 4 kB
DEPTH_MAX = 24  # of nested elements
ELEMENTS_MAX = 1024
ATTRIBUTES_MAX = 32  # of one element, namespace declarations included
TEXT_MAX = 2048  # characters of a value that is taken from a request

SUBSCRIPTIONS_MAX = 32  # pull points and webhooks together
QUEUE_MAX = 256  # notices that wait for one subscriber
PULL_MAX = 100  # notices in one answer
PULL_WAIT_MAX_S = 60.0  # PullMessages waits no longer, whatever it asks for
LIFE_S = 60.0  # of a subscription that asks for none
LIFE_MIN_S, LIFE_MAX_S = 10.0, 3600.0
IDLE_S = 60.0  # a pull point that nobody has pulled for so long goes for a new one of the same client

CLOCK_WINDOW_S = 120.0  # a UsernameToken's Created may be so far from our clock
TOKENS_REMEMBERED = 16_384  # within the window: 24 clients that ask once a second, twice over

DATAGRAM_MAX = 8192  # of WS-Discovery
PROBE_TYPES_MAX = 16
MESSAGES_REMEMBERED = 256  # of discovery: clients repeat what they send by UDP
