"""Configuration, redacting logger, error types."""
