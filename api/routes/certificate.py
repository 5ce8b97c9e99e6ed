"""/cert: the certificate to install on clients, information about the served certificate, and its renewal."""

import asyncio
import re

from aiohttp import web

from api.context import Context
from api.errors import failure
from api.json_forms import certificate_shape
from api.middleware import rarely
from api.routing import Access, route
from config.boot import Boot
from config.tls import certificate
from models.errors import Missing, ServerError, Unavailable
from models.messages.facade import FACADE, CertificateView, RegenerateCertificate

REGENERATE_EVERY_S = 10.0
REGENERATE_TIMEOUT_S = 15.0
PHONES = re.compile(r"iPhone|iPad|Android")  # they install what has the type of a DER certificate, and read PEM

INFO_ANSWER = {
    "subject": "CN=IP Camera, O=Local Network, C=US",
    "issuer": "CN=IP Camera, O=Local Network, C=US",
    "notBefore": 1707000000000,
    "notAfter": 1738536000000,
    "serialNumber": "a1b2c3d4e5f6",
    "status": "valid",
    "downloadUrl": "/cert",
}


@route(
    "GET",
    "/cert",
    access=Access.PRO,
    feature="certificate_download",
    summary="The certificate to install on clients so that they trust the device, as PEM",
    content_type="application/x-pem-file",
)
async def download(request: web.Request, context: Context) -> web.StreamResponse:
    pem, _, _ = await asyncio.to_thread(_read, context.boot)
    if not pem:
        raise Missing("No certificate")
    phone = PHONES.search(request.headers.get("User-Agent", ""))
    return web.Response(
        body=pem.encode(),
        content_type="application/x-x509-ca-cert" if phone else "application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="ipcamera.pem"'},
    )


@route(
    "GET", "/cert/info", access=Access.PUBLIC, summary="Certificate metadata", gives="Certificate", answer=INFO_ANSWER
)
async def info(_request: web.Request, context: Context) -> web.StreamResponse:
    _, view, trusted = await asyncio.to_thread(_read, context.boot)
    return web.json_response(certificate_shape(view, trusted) | {"downloadUrl": certificate.DOWNLOAD_URL})


@route(
    "POST",
    "/cert/regenerate",
    access=Access.UI,
    summary="Make a new certificate; open connections stay",
    gives="Done",
    answer={"success": True},
)
async def regenerate(request: web.Request, context: Context) -> web.StreamResponse:
    """429 if called more than once in ten seconds; 500 if it fails, and the old one is kept."""
    rarely(request, "certificate", REGENERATE_EVERY_S)
    try:
        await context.actor(FACADE).ask(RegenerateCertificate(), REGENERATE_TIMEOUT_S)
    except ServerError as problem:
        return failure(500, problem.detail)
    return web.json_response({"success": True})


def _read(boot: Boot) -> tuple[str, CertificateView, CertificateView]:
    """(certificate to install as PEM, served certificate, certificate to install)."""
    files = certificate.files_of(boot)
    if not files.certificate.exists():
        return "", certificate.MISSING, certificate.MISSING
    try:
        pem = certificate.trust_pem(files)
        return pem, certificate.view(certificate.public_pem(files)), certificate.view(pem)
    except (OSError, ValueError) as error:
        raise Unavailable("The certificate cannot be read") from error
