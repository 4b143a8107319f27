"""DynamoDB: table spec, control table, binder, unit of work, idempotency, outbox, audit."""
