"""Free or Pro: the licence key, its issuers, and the clock that must not be set back.

Owns ``license.json``. It says what the device is (``LicenseView``) and decides nothing: settings and routes name the
feature that they need. A licence is looked at when it changes, once a minute, and at the moment when it expires. A
death loses nothing; meanwhile everybody goes by the last state. Nobody outside is asked: a camera without a network
stays what it is.
"""
