"""What all tests share: property-based tests that give the same examples on every machine."""

from hypothesis import settings

settings.register_profile("qchannel", deadline=None, derandomize=True)
settings.load_profile("qchannel")
