"""The front of the emulator: from a request to the handler that answers it."""
