"""Where vcrpy and we meet."""
