"""The tree of cassettes on disk: indexes, blobs, and how they get there."""
