"""Resource Controller: from an instance name to its CRN, for client 0.34."""
