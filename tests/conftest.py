"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A busy machine is slow now and then: time is no property of pure code.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
