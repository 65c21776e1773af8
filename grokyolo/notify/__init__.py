"""Observers of a training: commands, URLs, Prometheus. No torch."""
