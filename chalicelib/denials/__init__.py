"""Classification, work queue, appeals."""
