"""Which recorded answer a request gets, and what to say where there is none."""
