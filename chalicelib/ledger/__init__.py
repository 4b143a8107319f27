"""Double entry: accounts, journal entries, invariants."""
