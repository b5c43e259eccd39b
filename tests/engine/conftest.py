"""How long Hypothesis may look: as briefly as suits a test run, or, with NEXSIS_SYNC_EXAMPLES=500, for long."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

LONG = os.environ.get("NEXSIS_SYNC_EXAMPLES")

settings.register_profile(
    "engine",
    max_examples=int(LONG or 5),
    derandomize=LONG is None,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # to shrink a story of several nights takes minutes
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("engine")
