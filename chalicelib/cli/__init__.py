"""`otbill`."""
