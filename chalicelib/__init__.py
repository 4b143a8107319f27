"""Billing for occupational-therapy practices. The order of layers is a contract: see pyproject.toml."""
