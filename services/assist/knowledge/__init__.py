"""Knowledge: hybrid search over a tenant's documents, lexical and by meaning, with quotes."""
