"""The classic platform: login with an API token, hubs/groups/projects, logout; retired in 2025."""
