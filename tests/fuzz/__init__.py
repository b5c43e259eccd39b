"""Long runs of random input, for developers; see `tests.fuzz.__main__`."""
