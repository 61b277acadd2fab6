"""IAM: API keys in, access tokens out."""
