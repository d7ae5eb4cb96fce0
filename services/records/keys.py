"""Names of keys in Redis: each starts with its tenant."""


def key(tenant: str, *parts: str) -> str:
    """Return ``tenant/part/part``; no identifier can hold a slash, so no two names meet."""
    return "/".join((tenant, *parts))
