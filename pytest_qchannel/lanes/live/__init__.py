"""The live lane: what may be sent to the service, once, within a budget, and cleaned up after."""
