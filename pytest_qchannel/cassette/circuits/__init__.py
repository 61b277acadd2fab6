"""What a circuit does, written down so that it can be compared: form, fingerprint, words."""
