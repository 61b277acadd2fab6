"""What shuts the network, and opens one door in it."""
