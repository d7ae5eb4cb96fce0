"""The OpenAPI document: FastAPI's own, with an example on each operation and the keys' header."""

from typing import Any

from fastapi import FastAPI

from services.gateway.limits import IMPORT_PATH
from services.gateway.problems import MEDIA_TYPE
from services.gateway.rest.examples import PROBLEM, REQUESTS, RESPONSES
from services.gateway.rest.idempotency import HEADER, IdempotentRoute

_KEY_PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again with the same key and body within 24 hours, the request is answered "
    "as before and not done again. 422 when the body is another, 409 while it is under way.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$", "examples": ["0d4f3f3e-7d2b-4e0a"]},
}


class DescribedApp(FastAPI):
    """An application whose document can be read without trying it out."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; made once."""
        made = self.openapi_schema is None
        document = super().openapi()
        if made:
            takes_keys = self._paths_with_keys()
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    name = f"{method.upper()} {path}"
                    _show(operation, name)
                    if method == "post" and path in takes_keys:
                        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
        return document

    def _paths_with_keys(self) -> set[str]:
        from services.gateway.rest import ROUTERS

        routes = (route for router in ROUTERS for route in router.routes)
        return {IMPORT_PATH, *(r.path for r in routes if isinstance(r, IdempotentRoute))}


def _show(operation: dict[str, Any], name: str) -> None:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        example = REQUESTS.get(f"{name} {media_type}", REQUESTS.get(name))
        if example is not None and "example" not in content:
            content["example"] = example
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            if media_type == MEDIA_TYPE:
                content["example"] = PROBLEM
            elif status.startswith("2") and name in RESPONSES:
                content.setdefault("example", RESPONSES[name])
