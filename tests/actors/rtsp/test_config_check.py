import pytest

from actors.rtsp.config_check import problems, serving_with
from config.settings import defaults
from models.messages.rtsp_session import Serving
from models.messages.settings import Credentials

NONE, BOTH = Credentials("", ""), Credentials("admin", "secret")


@pytest.mark.parametrize(
    ("values", "stored", "errors"),
    [
        pytest.param({}, NONE, (), id="nothing"),
        pytest.param({"rtspPort": 8443}, NONE, ("rtspPort: Port already in use by this server",), id="our own port"),
        pytest.param({"rtspPath": "cam"}, NONE, (), id="a slash is added"),
        pytest.param({"rtspUsername": "a", "rtspPassword": "b"}, NONE, (), id="a first login"),
        pytest.param({"rtspPassword": "new"}, BOTH, (), id="another password"),
        pytest.param({"rtspUsername": "", "rtspPassword": ""}, BOTH, (), id="no login any more"),
        pytest.param(
            {"rtspPassword": ""}, BOTH, ("rtspPassword: Required together with rtspUsername",), id="half a login left"
        ),
        pytest.param({"rtspPort": 9000}, Credentials("admin", ""), (), id="a half login from before is not its fault"),
        pytest.param({"rtspPassword": 5}, BOTH, ("rtspPassword: Expected string",), id="a number"),
        pytest.param({"rtspPassword": "a\nb"}, BOTH, ("rtspPassword: Invalid format",), id="a line break"),
        pytest.param({"rtspPassword": "x" * 257}, BOTH, ("rtspPassword: Too long (max 256)",), id="too long"),
        pytest.param({"rtspHasPassword": True}, BOTH, ("rtspHasPassword: Unknown setting",), id="another key"),
        pytest.param({"rtspEnabled": "yes"}, BOTH, ("rtspEnabled: Expected boolean",), id="no boolean"),
    ],
)
def test_problems(values: dict[str, object], stored: Credentials, errors: tuple[str, ...]) -> None:
    assert problems(values, stored, frozenset({8443})) == errors


def test_serving_is_what_is_stored_with_the_change_over_it() -> None:
    settings = defaults()
    assert serving_with({}, settings, BOTH) == Serving(8554, "/stream", "admin", "secret")
    changed = {"rtspPath": "cam", "rtspPort": 9000, "rtspPassword": "new"}
    assert serving_with(changed, settings, BOTH) == Serving(9000, "/cam", "admin", "new")


def test_a_password_is_in_no_text() -> None:
    serving = Serving(8554, "/stream", "admin", "secret")
    assert "secret" not in repr(serving)
    assert "secret" not in serving.fingerprint
