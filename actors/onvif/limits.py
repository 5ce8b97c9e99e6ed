"""Limits of the ONVIF room. Seconds and counts."""

LOOK_S = 5.0  # for checking addresses and expired subscriptions, and for retrying a port in use
INTERFACES_MAX = 16

HELLO_TIMES = 2  # SOAP-over-UDP, MULTICAST_UDP_REPEAT
REPEAT_S = 0.2
ANSWER_DELAY_S = 0.5  # WS-Discovery, APP_MAX_DELAY: answers of many devices are spread
ANSWERS_WAITING = 64
ANSWERS_PER_S, ANSWERS_BURST = 2.0, 10  # to one address
ADDRESSES = 256  # whose rates are kept

NOTIFY_TIMEOUT_S = 5.0
NOTIFY_TRIES = 3
NOTIFY_PAUSE_S = 1.0  # before the second try; doubled before the third
NOTIFY_FAILURES = 3  # this many undeliverable batches in a row: the subscriber is gone
NOTIFY_CONNECTIONS = 32

PICTURE_WAIT_S = 5.0
PICTURES_AT_ONCE = 16

SHUTDOWN_S = 1.0
CREDENTIALS_RETRY_S = 1.0
