"""Global Search: which instances an account can reach."""
