"""Free or Pro: the licence key, its issuers, and the clock that must not be set back."""
