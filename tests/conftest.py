"""Every test runs offscreen, on the loop it needs, in asyncio's debug mode, and under the guards."""

import os

import hypothesis

pytest_plugins = [
    "guards.loops",
    "guards.leaks",
    "guards.qt_leaks",
    "guards.pauses",
    "guards.log_records",
]

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A deadline would time the machine, not the code.
hypothesis.settings.register_profile("thorough", deadline=None)
hypothesis.settings.register_profile("brief", deadline=None, max_examples=5)
hypothesis.settings.load_profile("thorough")
