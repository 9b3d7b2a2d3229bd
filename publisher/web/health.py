"""/healthz, /readyz and /metrics: short answers for machines. They say whether and how many, and name nobody."""

from ipaddress import ip_address, ip_network

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from publisher.actions.health import alive, exposition, numbers, ready
from publisher.app import App
from publisher.errors import PublisherError

_FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def routes(app: App) -> list[Route]:
    """Starlette calls each in a thread, for they ask the database."""
    return [
        Route("/healthz", lambda _: _health(app), methods=["GET"]),
        Route("/readyz", lambda _: _readiness(app), methods=["GET"]),
        Route("/metrics", lambda request: _metrics(app, request), methods=["GET"]),
    ]


def _health(app: App) -> Response:
    found = alive(app)
    last = found.last_tick.isoformat(timespec="seconds") if found.last_tick else None
    return JSONResponse({"alive": found.well, "last_tick": last}, 200 if found.well else 503, _FRESH)


def _readiness(app: App) -> Response:
    found = ready(app)
    well = all(found.values())
    return JSONResponse({"ready": well, **found}, 200 if well else 503, _FRESH)


def _metrics(app: App, request: Request) -> Response:
    if not _may_count(app, request.client.host if request.client else ""):
        return PlainTextResponse("There is nothing at this address.\n", 404)
    try:
        return Response(exposition(numbers(app), app.clock()), 200, _FRESH, _TEXT)
    except PublisherError:
        return PlainTextResponse("The database cannot be used just now.\n", 503, _FRESH)


def _may_count(app: App, client: str) -> bool:
    """Whether this client lies in one of the networks of `metrics_from`."""
    try:
        address = ip_address(client)
    except ValueError:
        return False
    if mapped := getattr(address, "ipv4_mapped", None):
        address = mapped
    return any(address in ip_network(network, strict=False) for network in app.config.web.metrics_from)
