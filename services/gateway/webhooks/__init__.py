"""Webhooks out: from the journal into queues, from the queues to the receivers, signed."""
