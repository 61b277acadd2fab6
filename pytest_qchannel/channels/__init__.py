"""Who we are to IBM Quantum: channels, accounts, credentials, and what is made of them."""
