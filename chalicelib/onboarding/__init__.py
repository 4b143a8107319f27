"""Inquiry, contract, enrolment, live tenant."""
