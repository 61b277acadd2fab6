"""What the live lane may do to the real services, and what it never does."""
