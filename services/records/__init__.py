"""Records beside the journal, in the same Redis: one small repository per kind."""
