"""The simulated clearinghouse and payers; what they do is written in docs/payer-simulator.md and nowhere else.

It may use x12, money and codes, but neither the therapy rules nor the ledger nor a capability: a mistake in ours must
not be answered by the same mistake in theirs.
"""
