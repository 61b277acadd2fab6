"""From traffic to a cassette, and from a cassette to answers."""
