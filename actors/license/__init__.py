"""Free or Pro: the licence key, its issuers, and protection against a clock that is set back.

Owns ``license.json``. It publishes what the device is (``LicenseView``) and decides nothing else: settings and routes
name the feature that they need. A licence is checked when it changes, once a minute, and at the moment it expires.
When this actor dies nothing is lost; meanwhile the others use the last state. Rejected: asking a licence server,
because a camera without Internet access must stay what it is.
"""
