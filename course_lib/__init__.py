"""A laptop-sized Physics of Language Models: world, model, probes and lessons."""

__version__ = "0.1.0"
