"""Patient statements and payments."""
