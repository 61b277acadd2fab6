"""The report of a run as one page: HTML that needs no network, and reports put together."""
