"""Where requests go: one module per lane, and the guard that keeps a lane to itself."""
