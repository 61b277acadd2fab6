"""The runtime API: backends, jobs, usage; the classic platform serves the same handlers."""
