"""835 posting, exactly once, by double entry."""
