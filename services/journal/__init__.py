"""The journal: one append-only stream of events per conversation, always on a real Redis."""
