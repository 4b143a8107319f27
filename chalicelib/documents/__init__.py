"""Documents in S3 under the tenant's prefix."""
