"""The vocabulary shared by every service: pydantic models that import nothing else of ours."""
