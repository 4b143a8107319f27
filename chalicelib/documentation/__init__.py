"""Plans of care, certifications, progress reports, signatures."""
