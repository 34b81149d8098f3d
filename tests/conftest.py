"""Hypothesis profiles: CI draws the same examples every time. torch has one thread in each process of tests."""

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch is not imported yet; processes of tests take turns, not threads

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much]}
settings.register_profile("ci", derandomize=True, max_examples=100, **COMMON)
settings.register_profile("search", max_examples=2000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
