"""A submitted job in a form that can be compared, stored and read."""
