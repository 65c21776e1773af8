"""The only place that imports torch or ultralytics: trainer, probe and gap.csv writer."""
