"""What the emulated services store: accounts, devices, jobs, sessions, and their clock."""
