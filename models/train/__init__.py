"""The steps that make the weights: needs the ``train`` extra, never loaded by a service."""
