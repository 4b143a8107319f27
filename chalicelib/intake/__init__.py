"""Patients, coverages, visits; imports from any practice software."""
