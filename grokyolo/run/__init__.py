"""The run folder: its name, lock, settings and states; finished or not. No torch."""
