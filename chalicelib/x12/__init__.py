"""The EDI language: reader, writer, envelope; one module per transaction set."""
