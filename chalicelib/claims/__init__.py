"""Charge to claim, scrub, lifecycle, submission, acknowledgements."""
