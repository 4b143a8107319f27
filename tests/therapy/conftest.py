"""Property tests here have no deadline: the first example loads code tables, and the machine may be shared."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("therapy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("therapy")
