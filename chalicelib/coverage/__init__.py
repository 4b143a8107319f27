"""Eligibility (270/271) and authorizations."""
