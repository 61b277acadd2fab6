"""Worlds as data: described in Python or in a TOML file, checked, and built anew for each test."""
