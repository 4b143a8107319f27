"""Code sets with effective dates and their sources."""
