"""Lambda entry points behind Step Functions, schedules and queues; thin."""
