"""Recorded traffic: what may be stored of it, how it is stored, and how it is read again."""
