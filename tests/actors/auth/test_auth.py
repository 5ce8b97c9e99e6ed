"""The auth actor's answers, in this process: its handlers on a real disk, without the runtime around them."""

import asyncio
import os
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from actors.auth import actor as module
from actors.auth.actor import Auth
from actors.runtime.worker import Bench
from config.boot import Boot
from config.places import FIRST_PASSWORD
from models.errors import Conflict, Invalid, LimitReached, Missing, Refused, ServerError, Unavailable
from models.messages.auth import (
    AuthStatus,
    ChangePassword,
    EndSession,
    GetAuthStatus,
    GetKnownAddresses,
    GetSessions,
    Identity,
    IssueToken,
    LogIn,
    LogOut,
    OpenAnonymousSession,
    Session,
    SessionsRevoked,
    SetProtection,
    WhoIs,
)
from models.messages.settings import ChangeSettings

PASSWORD = "correct horse"
HERE, THERE = "192.0.2.1", "192.0.2.2"


class Here(Auth):
    """What the runtime gives an actor, by hand."""

    def __init__(self, boot: Boot) -> None:
        self.name, self.boot, self.settings = "auth", boot, {"authEnabled": True}
        self.log = structlog.get_logger("auth")
        self.published: list[Any] = []
        self.asked: list[Any] = []
        self.trouble = ""

    def bench(self, name: str = "bench") -> Bench:
        return Bench(name)

    def publish(self, news: Any) -> None:
        self.published.append(news)

    async def ask(self, to: str, message: Any, timeout_s: float = 5.0) -> Any:
        self.asked.append(message)

    def degraded(self, reason: str) -> None:
        self.trouble = reason

    def start_task(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        coroutine.close()


@pytest.fixture
def boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Boot:
    monkeypatch.setenv("IPCAMERA_PASSWORD", PASSWORD)
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    return Boot(tmp_path, run_dir, tmp_path)


async def start(boot: Boot) -> Here:
    auth = Here(boot)
    await auth.on_start()
    return auth


@pytest.fixture
async def auth(boot: Boot) -> Here:
    return await start(boot)


async def ask(auth: Auth, message: Any) -> Any:
    return await Auth._handle(auth, message)


@pytest.fixture(autouse=True)
def _handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    from actors.runtime.actor import _handlers_of

    monkeypatch.setattr(Here, "_handlers", _handlers_of(Here), raising=False)


async def log_in(auth: Auth, password: str = PASSWORD, client: str = HERE) -> Session:
    session = await ask(auth, LogIn(password, client))
    assert isinstance(session, Session)
    return session


async def who(auth: Auth, token: str, carrier: str = "bearer") -> Identity:
    identity = await ask(auth, WhoIs(carrier, token, HERE))
    assert isinstance(identity, Identity)
    return identity


async def test_the_password_opens_a_session(auth: Here) -> None:
    session = await log_in(auth)
    assert await who(auth, session.token) == Identity(True, False, session.session_id, session.csrf_token)
    assert await who(auth, session.token, "cookie") == Identity(True, True, session.session_id, session.csrf_token)
    assert await who(auth, "nonsense") == Identity(False, False)
    assert await who(auth, "", "none") == Identity(False, False)


async def test_guesses_made_at_once_count_one_after_the_other(auth: Here) -> None:
    results = await asyncio.gather(*(log_in(auth, f"guess {n}") for n in range(20)), return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in results) == 5
    assert sum(isinstance(one, LimitReached) for one in results) == 15
    with pytest.raises(LimitReached) as caught:
        await log_in(auth)
    assert caught.value.fields == {"lockout": True, "lockoutRemaining": 30}
    assert await log_in(auth, client=THERE)


async def test_a_restart_loses_neither_sessions_nor_locks(auth: Here, boot: Boot) -> None:
    session = await log_in(auth)
    for _ in range(5):
        with pytest.raises(Refused):
            await log_in(auth, "wrong", THERE)
    again = await start(boot)
    assert (await who(again, session.token)).authenticated
    with pytest.raises(LimitReached):
        await log_in(again, client=THERE)


async def test_basic_counts_and_is_fast_when_it_is_right(auth: Here) -> None:
    for _ in range(2):
        assert (await who(auth, PASSWORD, "basic")).authenticated
    for _ in range(5):
        assert not (await who(auth, "wrong", "basic")).authenticated
    with pytest.raises(LimitReached):
        await who(auth, PASSWORD, "basic")


@pytest.mark.parametrize("password", ["", "\ud800", "\0", "x" * 100_000, "é" * 300])
async def test_odd_passwords_are_just_wrong(auth: Here, password: str) -> None:
    with pytest.raises(Refused):
        await log_in(auth, password)


async def test_a_new_password_ends_everything(auth: Here, boot: Boot) -> None:
    session = await log_in(auth)
    await ask(auth, ChangePassword("another horse", PASSWORD, HERE))
    assert auth.published == [SessionsRevoked(())]
    assert not (await who(auth, session.token)).authenticated
    with pytest.raises(Refused):
        await log_in(auth)
    assert await log_in(auth, "another horse")
    assert not (await who(auth, PASSWORD, "basic")).authenticated
    # Neither the file nor the last good copy beside it brings the old ones back.
    (boot.data_dir / "auth.json").write_text("damaged")
    again = await start(boot)
    assert not (await who(again, session.token)).authenticated
    with pytest.raises(Refused):
        await log_in(again)


async def test_a_login_that_a_change_overtakes_fails(auth: Here) -> None:
    login = asyncio.ensure_future(log_in(auth))
    await asyncio.sleep(0)
    results = await asyncio.gather(login, ask(auth, ChangePassword("another horse")), return_exceptions=True)
    if isinstance(results[0], Session):  # it was the first after all: then it is revoked
        assert not (await who(auth, results[0].token)).authenticated
    else:
        assert isinstance(results[0], Refused)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (ChangePassword("short"), Invalid),
        (ChangePassword("another horse", "wrong", HERE), Refused),
        (SetProtection(True), None),
        (OpenAnonymousSession(HERE), Refused),
    ],
)
async def test_refusals(auth: Here, message: Any, error: type[ServerError] | None) -> None:
    if error is None:
        assert await ask(auth, message) == AuthStatus(True, True)
    else:
        with pytest.raises(error):
            await ask(auth, message)
    assert auth.published == []


async def test_logging_out_is_for_good(auth: Here, boot: Boot) -> None:
    session = await log_in(auth)
    await ask(auth, LogOut(session.token))
    await ask(auth, LogOut(session.token))
    assert auth.published == [SessionsRevoked((session.session_id,))]
    (boot.data_dir / "auth.json").unlink()
    assert not (await who(await start(boot), session.token)).authenticated


def noted(auth: Here) -> list[tuple[str, str]]:
    """What the history will be told."""
    return [(note.kind, note.text) for note in auth._journal._waiting]


async def test_who_has_been_in_is_known_after_a_restart(auth: Here, boot: Boot) -> None:
    await log_in(auth)
    await who(auth, PASSWORD, "basic")
    await ask(auth, WhoIs("basic", PASSWORD, THERE))
    known = await ask(await start(boot), GetKnownAddresses())
    assert known.addresses == (HERE, THERE)


async def test_the_history_is_told_what_concerns_the_door(auth: Here) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            await log_in(auth, "wrong", THERE)
    await ask(auth, LogIn(PASSWORD, HERE, "Firefox"))
    await ask(auth, LogIn(PASSWORD, HERE, "Firefox"))
    await ask(auth, ChangePassword("another horse"))
    await ask(auth, SetProtection(False))
    assert noted(auth) == [
        ("LOGIN_FAILED", f"A wrong password came from {THERE}"),
        ("LOCKED_OUT", f"{THERE} is locked out for 30 s after 5 wrong passwords"),
        ("NEW_ADDRESS", f"The first login from {HERE}, by Firefox"),
        ("CREDENTIALS", "The password was changed from device"),
        ("CREDENTIALS", "Password protection was switched off"),
    ]


class TestTokens:
    async def test_it_has_its_role_and_outlives_a_new_password(self, auth: Here, boot: Boot) -> None:
        session = await ask(auth, IssueToken("Home Assistant", "media"))
        identity = await who(auth, session.token, "query")
        assert (identity.authenticated, identity.role, identity.session_id) == (True, "media", session.session_id)
        await ask(auth, ChangePassword("another horse"))
        assert (await who(await start(boot), session.token)).role == "media"
        assert session.token not in (boot.data_dir / "auth.json").read_text()

    async def test_an_owner_s_ends_with_the_password(self, auth: Here) -> None:
        session = await ask(auth, IssueToken("script", "owner"))
        await ask(auth, ChangePassword("another horse"))
        assert not (await who(auth, session.token)).authenticated

    async def test_it_logs_in_where_a_password_is_asked_for_and_its_sessions_end_with_it(self, auth: Here) -> None:
        token = await ask(auth, IssueToken("guests", "viewer"))
        session = await log_in(auth, token.token)
        assert (await who(auth, session.token, "cookie")).role == "viewer"
        await ask(auth, EndSession(token.session_id))
        assert not (await who(auth, session.token, "cookie")).authenticated
        assert set(auth.published[-1].session_ids) == {token.session_id, session.session_id}
        assert [kind for kind, _ in noted(auth)] == ["CREDENTIALS", "NEW_ADDRESS", "CREDENTIALS"]

    async def test_that_of_the_picture_logs_nobody_in(self, auth: Here) -> None:
        token = await ask(auth, IssueToken("Home Assistant", "media"))
        with pytest.raises(Refused):
            await log_in(auth, token.token)

    async def test_the_list_has_no_secret(self, auth: Here) -> None:
        session = await ask(auth, LogIn(PASSWORD, HERE, "Firefox"))
        await ask(auth, IssueToken("Home Assistant", "media", 7))
        login, token = (await ask(auth, GetSessions())).sessions
        assert (login.name, login.client, login.agent, login.role) == ("", HERE, "Firefox", "owner")
        assert (token.name, token.expires - token.created) == ("Home Assistant", 7 * 86_400_000)
        assert session.token not in str(login)

    @pytest.mark.parametrize(
        ("message", "error"),
        [
            (IssueToken("", "media"), Invalid),
            (IssueToken("x" * 65, "media"), Invalid),
            (IssueToken("a\nb", "media"), Invalid),
            (IssueToken("x", "admin"), Invalid),
            (IssueToken("x", "media", -1), Invalid),
            (EndSession("nobody"), Missing),
            (EndSession(""), Missing),
        ],
    )
    async def test_refusals(self, auth: Here, message: Any, error: type[ServerError]) -> None:
        with pytest.raises(error):
            await ask(auth, message)

    async def test_there_is_an_end_to_them(self, auth: Here) -> None:
        for number in range(32):
            await ask(auth, IssueToken(f"{number}", "media"))
        with pytest.raises(LimitReached):
            await ask(auth, IssueToken("one more", "media"))


class TestWithoutProtection:
    async def test_everybody_is_let_in_and_browsers_get_a_session(self, auth: Here) -> None:
        await ask(auth, SetProtection(False))
        assert auth.asked == [ChangeSettings({"authEnabled": False}, "system", internal=True)]
        assert await who(auth, "", "none") == Identity(True, False, open=True)
        session = await ask(auth, OpenAnonymousSession(HERE))
        assert (await who(auth, session.token, "cookie")).dashboard
        assert await who(auth, "wrong", "basic") == Identity(True, False, open=True)
        assert (await ask(auth, LogIn("anything", HERE))).token != session.token

    async def test_its_sessions_end_with_it(self, auth: Here) -> None:
        await ask(auth, SetProtection(False))
        session = await ask(auth, OpenAnonymousSession(HERE))
        await ask(auth, SetProtection(True))
        assert not (await who(auth, session.token, "cookie")).authenticated
        await ask(auth, SetProtection(False))
        assert not (await who(auth, session.token, "cookie")).dashboard

    async def test_visitors_cost_nothing(self, auth: Here, boot: Boot) -> None:
        await ask(auth, SetProtection(False))
        before = (boot.data_dir / "auth.json").read_bytes()
        for _ in range(1000):
            await ask(auth, OpenAnonymousSession(HERE))
        assert (boot.data_dir / "auth.json").read_bytes() == before

    async def test_nobody_sets_the_password_from_outside(self, auth: Here) -> None:
        await ask(auth, SetProtection(False))
        with pytest.raises(Refused):
            await ask(auth, ChangePassword("another horse", PASSWORD, HERE))

    async def test_off_by_the_command_line(self, boot: Boot) -> None:
        auth = await start(replace(boot, auth=False))
        assert await ask(auth, GetAuthStatus()) == AuthStatus(False, False)
        with pytest.raises(Conflict):
            await ask(auth, SetProtection(True))


class TestFirstStart:
    async def test_a_made_password_is_shown_once(self, boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("IPCAMERA_PASSWORD")
        auth = await start(boot)
        shown = boot.run_dir / FIRST_PASSWORD
        assert shown.stat().st_mode & 0o777 == 0o600
        assert await log_in(auth, shown.read_text().strip())
        shown.unlink()
        await start(boot)
        assert not shown.exists()

    async def test_a_given_password_is_not_shown(self, auth: Here, boot: Boot) -> None:
        assert await log_in(auth)
        assert not (boot.run_dir / FIRST_PASSWORD).exists()

    async def test_a_given_password_holds_at_the_first_start_only(self, auth: Here, boot: Boot) -> None:
        os.environ["IPCAMERA_PASSWORD"] = "another horse"
        assert await log_in(await start(boot))

    async def test_an_unusable_one_is_named(self, boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IPCAMERA_PASSWORD", "tab\there")
        with pytest.raises(Invalid, match="IPCAMERA_PASSWORD"):
            await start(boot)


class TestAFullDisk:
    @pytest.fixture(autouse=True)
    async def _full(self, auth: Here, monkeypatch: pytest.MonkeyPatch) -> None:
        def save(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(module, "save_state", save)

    async def test_people_still_get_in(self, auth: Here) -> None:
        session = await log_in(auth)
        assert (await who(auth, session.token)).authenticated
        assert "No space left" in auth.trouble

    async def test_what_cannot_be_kept_is_not_promised(self, auth: Here) -> None:
        with pytest.raises(Unavailable):
            await ask(auth, ChangePassword("another horse"))
        assert await log_in(auth)


async def test_a_session_expires_after_a_week(auth: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await log_in(auth)
    week = time.time() + 7 * 86400
    monkeypatch.setattr(module.time, "time", lambda: week + 1)
    assert not (await who(auth, session.token)).authenticated
