"""The sample conversations, and the client that plays recordings into a running gateway."""
