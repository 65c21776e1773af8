"""Sweeps: one recipe trained at many points, each an ordinary run, and what they show together."""
