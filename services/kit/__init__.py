"""Plumbing that knows nothing of conversations: settings, errors, time, logs, metrics, tokens."""
