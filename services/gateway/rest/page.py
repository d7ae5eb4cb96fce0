"""``/``: the panel's built files, under a policy that lets nothing else run."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from services.kit.errors import NotFound

router = APIRouter(include_in_schema=False)

DIST = Path(__file__).parent.parent / "panel" / "dist"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types lit-html",
    )
)

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Named here, because the machine's own table is not always right."""


@router.get("/")
async def index() -> FileResponse:
    """Give the page. It holds nothing secret: it asks for a token itself."""
    return _file("index.html")


@router.get("/assets/{path:path}")
async def asset(path: str) -> FileResponse:
    """Give one of the page's files."""
    return _file(f"assets/{path}")


def _file(path: str) -> FileResponse:
    found = (DIST / path).resolve()
    # A path may not climb out of the folder, and only kinds that we know are served.
    if not found.is_relative_to(DIST) or found.suffix not in _TYPES or not found.is_file():
        raise NotFound("There is no such file.")
    # Names are fixed, contents change with the version: ask each time whether it has changed.
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    }
    return FileResponse(found, media_type=_TYPES[found.suffix], headers=headers)
