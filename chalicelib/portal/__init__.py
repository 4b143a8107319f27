"""HTML for people; thin."""
