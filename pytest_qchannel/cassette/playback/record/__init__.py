"""From what went over the wire to what may be written."""
