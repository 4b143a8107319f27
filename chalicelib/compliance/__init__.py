"""Audit reports, access reviews, retention."""
