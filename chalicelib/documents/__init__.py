"""A practice's documents in S3: under its own prefix, encrypted under its own key, never silently replaced."""

from chalicelib.documents.files import MAX_BYTES, exists, get, key_of, link, names, put

__all__ = ["MAX_BYTES", "exists", "get", "key_of", "link", "names", "put"]
