"""Global Catalog: what a plan is called and how it is priced."""
