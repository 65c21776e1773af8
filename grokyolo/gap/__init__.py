"""gap.csv and foreign logs in, one Series type out."""
