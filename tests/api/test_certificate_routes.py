from collections.abc import AsyncIterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from models.errors import Conflict, Unavailable
from models.messages.facade import RegenerateCertificate
from tests.api.surface import TOKEN, Served, served

BEARER = {"Authorization": f"Bearer {TOKEN}"}
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"}


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    async with served() as running:
        yield running


async def test_info_is_public_and_has_the_documents_fields(server: Served) -> None:
    async with server.request("GET", "/cert/info") as response:
        body = await response.json()
    assert response.status == 200
    kinds = {name: type(value) for name, value in body.items()}
    assert kinds == {
        "subject": str,
        "issuer": str,
        "notBefore": int,
        "notAfter": int,
        "serialNumber": str,
        "status": str,
        "downloadUrl": str,
        "fingerprintSha256": str,
        "subjectAltNames": list,
        "trustFingerprintSha256": str,
        "trustNotAfter": int,
    }
    assert (body["status"], body["downloadUrl"]) == ("valid", "/cert")
    assert body["notAfter"] > 10**12
    assert int(body["serialNumber"], 16) > 0


@pytest.mark.parametrize(
    ("headers", "content_type"), [({}, "application/x-pem-file"), (PHONE, "application/x-x509-ca-cert")]
)
async def test_download(server: Served, headers: dict[str, str], content_type: str) -> None:
    async with server.request("GET", "/cert", headers={**BEARER, **headers}) as response:
        pem = await response.read()
    assert response.headers["Content-Disposition"] == 'attachment; filename="ipcamera.pem"'
    assert response.content_type == content_type
    assert b"PRIVATE" not in pem
    async with server.request("GET", "/cert/info") as response:
        info = await response.json()
    authority = x509.load_pem_x509_certificate(pem)
    assert authority.fingerprint(hashes.SHA256()).hex() == info["trustFingerprintSha256"]
    served = x509.load_pem_x509_certificate((server.surface.boot.data_dir / "certificate.pem").read_bytes())
    served.verify_directly_issued_by(authority)
    assert served.fingerprint(hashes.SHA256()).hex() == info["fingerprintSha256"]


async def test_regenerate_is_rare(server: Served) -> None:
    async with server.request("POST", "/cert/regenerate", headers=BEARER) as response:
        assert (response.status, await response.json()) == (200, {"success": True})
    async with server.request("POST", "/cert/regenerate", headers=BEARER) as response:
        assert response.status == 429
        assert (await response.json())["error"] == "Rate limit exceeded"
        assert response.headers["Retry-After"] == "10"


@pytest.mark.parametrize("problem", [Conflict("set in the configuration"), Unavailable("No space left on device")])
async def test_a_failed_regenerate_says_so(server: Served, problem: Exception) -> None:
    server.surface.answers[RegenerateCertificate] = problem
    async with server.request("POST", "/cert/regenerate", headers=BEARER) as response:
        assert (response.status, await response.json()) == (500, {"success": False, "error": str(problem)})


async def test_without_a_certificate(server: Served) -> None:
    (server.surface.boot.data_dir / "certificate.pem").unlink()
    async with server.request("GET", "/cert/info") as response:
        assert (response.status, (await response.json())["status"]) == (200, "missing")
    async with server.request("GET", "/cert", headers=BEARER) as response:
        assert response.status == 404
