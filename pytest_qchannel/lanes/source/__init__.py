"""Sources: what answers the requests of a lane, unless a cassette does."""
