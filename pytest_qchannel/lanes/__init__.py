"""Lanes: where the answers of a test come from, and all that is open while it runs."""
