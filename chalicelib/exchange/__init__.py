"""The outside world behind Protocols: clearinghouse, real-time door."""
