"""A project that records its tests, as the benchmarks put it into a temporary folder."""
