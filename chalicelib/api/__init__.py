"""JSON API blueprints; thin."""
