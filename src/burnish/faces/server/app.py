"""The HTTP application: routes, their OpenAPI, and what they answer."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from burnish.faces.server.guard import ASKING, Guard
from burnish.faces.server.page import try_page
from burnish.faces.server.refusals import Refused, error_body
from burnish.faces.server.service import Asking, Service
from burnish.version import __version__

Responses: TypeAlias = dict[int | str, dict[str, Any]]  # what OpenAPI says of answers, by status

_JSON = "application/json"
_REFUSALS = {
    400: "The body is not JSON.",
    401: "The API key is missing or unknown.",
    408: "It took too long.",
    413: "The request is too large.",
    422: "The rows are not such as the specialist reads.",
    425: "The server is not ready yet.",
    429: "There are too many requests.",
}
_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' blob: data:; media-src blob:; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def create_app(service: Service, keys: Mapping[str, str]) -> Guard:
    """The application of a service, with what guards it.

    Args:
        service: What answers.
        keys: Hashes of API keys by the names of their holders; empty: nobody is asked for one.
    """
    application = FastAPI(
        title=f"burnish: {service.served.name}",
        description=service.served.specialist.task.summary,
        version=__version__,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan(service),
        exception_handlers={Refused: _refuse, HTTPException: _no_such_route},
    )
    _add_answering(application, service)
    _add_state(application, service)
    _complete_openapi(application, service, with_keys=bool(keys))
    settings = service.settings
    if settings.allowed_origins:
        application.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )
    return Guard(application, service, keys)


def _lifespan(service: Service) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_application: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    return lifespan


def _add_answering(application: FastAPI, service: Service) -> None:
    """Routes that ask the specialist."""

    def add(
        path: str, summary: str, asked: str, answered: str, answer: Callable[[bytes, Asking], Awaitable[dict[str, Any]]]
    ) -> None:
        async def endpoint(request: Request) -> Response:
            return _json(await answer(await request.body(), request.scope.get(ASKING, Asking())))

        application.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            summary=summary,
            operation_id=path.strip("/").replace("/", "_"),
            responses=_responses(answered),
            openapi_extra={"requestBody": {"required": True, "content": {_JSON: {"schema": _reference(asked)}}}},
        )

    async def one(body: bytes, asking: Asking) -> dict[str, Any]:
        return (await service.answer([service.one_row(body)], asking))[0]

    async def many(body: bytes, asking: Asking) -> dict[str, Any]:
        return {"predictions": await service.answer(service.many_rows(body), asking)}

    async def why(body: bytes, _asking: Asking) -> dict[str, Any]:
        return await service.explain(service.one_row(body))

    async def truth(body: bytes, asking: Asking) -> dict[str, Any]:
        return service.note_feedback(body, asking.client)

    add("/predict", "Answer one row.", "Row", "Prediction", one)
    add("/predict/batch", "Answer several rows; each gets its answer or none does.", "Rows", "Predictions", many)
    if service.log is not None:
        add("/feedback", "Say what the right answer to a prediction was.", "Feedback", "Noted", truth)
    if any(column.kind == "text" and not column.target for column in service.served.specialist.task.columns):
        add("/explain", "Answer one row, and say what its words are worth.", "Row", "Explanation", why)


def _add_state(application: FastAPI, service: Service) -> None:
    """Routes that tell how the server is."""
    began = time.monotonic()

    def health() -> dict[str, Any]:
        """Whether the process lives."""
        return {"status": "alive", "seconds": round(time.monotonic() - began, 1)}

    def ready(response: Response) -> dict[str, Any]:
        """Whether its answers were found to be those of the evaluated model: 200, and 503 before that."""
        response.status_code = 200 if service.is_ready else 503
        return {"ready": service.is_ready, "version": service.served.version}

    def model() -> dict[str, Any]:
        """What answers here."""
        return service.told()

    def metrics() -> Response:
        """Counters, in Prometheus's text format."""
        return Response(service.metrics.exposition(), media_type=service.metrics.content_type)

    def page() -> Response:
        """A page to try the specialist on."""
        return Response(try_page(service.served), media_type="text/html", headers=_PAGE_HEADERS)

    not_ready: Responses = {503: {"description": "Not yet.", "content": {_JSON: {}}}}
    kept = _refusals(401, 429)
    for path, endpoint, answers, others in (
        ("/health", health, JSONResponse, {}),
        ("/ready", ready, JSONResponse, not_ready),
        ("/model", model, JSONResponse, kept),
        ("/metrics", metrics, PlainTextResponse, kept),
    ):
        application.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            summary=endpoint.__doc__,
            response_model=None,
            response_class=answers,
            responses=others,
        )
    application.add_api_route("/", page, methods=["GET"], include_in_schema=False, response_model=None)


async def _refuse(_request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return Response(refused.body, status_code=refused.status, headers=refused.headers)


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    routes = {404: "there is no such address here", 405: "this address takes other requests"}
    what = routes.get(error.status_code, error.detail)
    body = error_body(what, where=f"{request.method} {request.url.path}", fix="See /openapi.json.")
    return Response(body, status_code=error.status_code, headers=error.headers, media_type=_JSON)


def _json(value: Any) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), media_type=_JSON)


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _responses(answered: str) -> Responses:
    answer = {"description": "The answer.", "content": {_JSON: {"schema": _reference(answered)}}}
    return {**_refusals(*_REFUSALS), 200: answer}


def _refusals(*statuses: int) -> Responses:
    content = {_JSON: {"schema": _reference("Refusal")}}
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}


def _complete_openapi(application: FastAPI, service: Service, *, with_keys: bool) -> None:
    """Put the types of the specialist's rows and answers into the OpenAPI document."""
    plain = application.openapi

    def complete() -> dict[str, Any]:
        document = plain()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(service.schema.components())
        if with_keys:
            components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"key": []}]
        return document

    application.openapi = complete  # type: ignore[method-assign]
