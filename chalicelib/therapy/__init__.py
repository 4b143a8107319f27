"""Occupational-therapy billing rules: units, modifiers, edits, fee schedule."""
