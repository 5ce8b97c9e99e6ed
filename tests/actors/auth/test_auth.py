"""The auth actor's answers on a real disk."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from actors.auth import actor as module
from actors.auth.actor import Auth
from config.boot import Boot
from config.places import FIRST_PASSWORD, OWNER_CODE
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
    LoginSession,
    LogOut,
    OpenAnonymousSession,
    ProveOwner,
    SessionsRevoked,
    SetProtection,
    StartProtection,
    WhoIs,
)
from tests.actor_kit import ActorKit

Kit = ActorKit[Auth]
Start = Callable[[Boot], Awaitable[Kit]]
PASSWORD = "correct horse"
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def boot(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> Boot:
    monkeypatch.setenv("IPCAMERA_PASSWORD", PASSWORD)
    return boot


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def begin(boot: Boot) -> Kit:
            return await stack.enter_async_context(ActorKit(Auth, boot))

        yield begin


@pytest.fixture
async def auth(boot: Boot, start: Start) -> Kit:
    return await start(boot)


async def revoked(auth: Kit) -> list[SessionsRevoked]:
    await auth.idle()
    return auth.of(SessionsRevoked)


async def log_in(auth: Kit, password: str = PASSWORD, client: str = HERE) -> LoginSession:
    return await auth.ask(LogIn(password, client))


async def who(auth: Kit, token: str, carrier: str = "bearer") -> Identity:
    return await auth.ask(WhoIs(carrier, token, HERE))


async def test_the_password_opens_a_session(auth: Kit) -> None:
    session = await log_in(auth)
    assert await who(auth, session.token) == Identity(True, False, session.session_id, session.csrf_token)
    assert await who(auth, session.token, "cookie") == Identity(True, True, session.session_id, session.csrf_token)
    assert await who(auth, "nonsense") == Identity(False, False)
    assert await who(auth, "", "none") == Identity(False, False)


async def test_guesses_made_at_once_count_one_after_the_other(auth: Kit) -> None:
    results = await asyncio.gather(*(log_in(auth, f"guess {n}") for n in range(20)), return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in results) == 5
    assert sum(isinstance(one, LimitReached) for one in results) == 15
    with pytest.raises(LimitReached) as caught:
        await log_in(auth)
    assert caught.value.fields == {"lockout": True, "lockoutRemaining": 30}
    assert await log_in(auth, client=THERE)


async def test_a_restart_loses_neither_sessions_nor_locks(auth: Kit) -> None:
    session = await log_in(auth)
    for _ in range(5):
        with pytest.raises(Refused):
            await log_in(auth, "wrong", THERE)
    await auth.reborn()
    assert (await who(auth, session.token)).authenticated
    with pytest.raises(LimitReached):
        await log_in(auth, client=THERE)


async def test_basic_counts_and_is_fast_when_it_is_right(auth: Kit) -> None:
    for _ in range(2):
        assert (await who(auth, PASSWORD, "basic")).authenticated
    for _ in range(5):
        assert not (await who(auth, "wrong", "basic")).authenticated
    with pytest.raises(LimitReached):
        await who(auth, PASSWORD, "basic")


@pytest.mark.parametrize("password", ["", "\ud800", "\0", "x" * 100_000, "é" * 300])
async def test_odd_passwords_are_just_wrong(auth: Kit, password: str) -> None:
    with pytest.raises(Refused):
        await log_in(auth, password)


async def test_a_new_password_ends_everything(auth: Kit, boot: Boot) -> None:
    session = await log_in(auth)
    await auth.ask(ChangePassword("another horse", PASSWORD, HERE))
    assert await revoked(auth) == [SessionsRevoked(())]
    assert not (await who(auth, session.token)).authenticated
    with pytest.raises(Refused):
        await log_in(auth)
    assert await log_in(auth, "another horse")
    assert not (await who(auth, PASSWORD, "basic")).authenticated
    # Neither the file nor the last good copy beside it brings the old ones back.
    (boot.data_dir / "auth.json").write_text("damaged")
    await auth.reborn()
    assert not (await who(auth, session.token)).authenticated
    with pytest.raises(Refused):
        await log_in(auth)


@pytest.mark.parametrize(
    "wrong",
    [{"password": 1}, {"enabled": "no"}, {"anonymousKey": "z" * 64}, {"anonymousKey": None}, {"password": None}],
)
async def test_values_of_another_type_do_not_make_it_a_new_device(
    auth: Kit, boot: Boot, wrong: dict[str, object]
) -> None:
    await log_in(auth)
    await auth.ask(ChangePassword("another horse", PASSWORD, HERE))
    path = boot.data_dir / "auth.json"
    content = json.loads(path.read_text())
    content["values"] |= wrong
    path.write_text(json.dumps(content))
    await auth.reborn()
    assert len(list(boot.data_dir.glob("auth.json.aside-*"))) == 1
    assert await log_in(auth, "another horse")


async def test_a_login_that_a_change_overtakes_fails(auth: Kit) -> None:
    login = asyncio.ensure_future(log_in(auth))
    await asyncio.sleep(0)
    results = await asyncio.gather(login, auth.ask(ChangePassword("another horse")), return_exceptions=True)
    if isinstance(results[0], LoginSession):  # it was the first after all: then it is revoked
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
async def test_refusals(auth: Kit, message: Any, error: type[ServerError] | None) -> None:
    if error is None:
        assert await auth.ask(message) == AuthStatus(True, True)
    else:
        with pytest.raises(error):
            await auth.ask(message)
    assert await revoked(auth) == []


async def test_logging_out_is_for_good(auth: Kit, boot: Boot) -> None:
    session = await log_in(auth)
    await auth.ask(LogOut(session.token))
    await auth.ask(LogOut(session.token))
    assert await revoked(auth) == [SessionsRevoked((session.session_id,))]
    (boot.data_dir / "auth.json").unlink()
    await auth.reborn()
    assert not (await who(auth, session.token)).authenticated


def noted(auth: Kit) -> list[tuple[str, str]]:
    """What the history will be told."""
    return [(note.kind, note.text) for note in auth.actor._journal._waiting]


async def test_who_has_been_in_is_known_after_a_restart(auth: Kit, boot: Boot, start: Start) -> None:
    await log_in(auth)
    await who(auth, PASSWORD, "basic")
    await auth.ask(WhoIs("basic", PASSWORD, THERE))
    known = await (await start(boot)).ask(GetKnownAddresses())
    assert known.addresses == (HERE, THERE)


async def test_the_history_is_told_what_concerns_the_door(auth: Kit) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            await log_in(auth, "wrong", THERE)
    await auth.ask(LogIn(PASSWORD, HERE, "Firefox"))
    await auth.ask(LogIn(PASSWORD, HERE, "Firefox"))
    await auth.ask(ChangePassword("another horse"))
    await auth.ask(SetProtection(False))
    assert noted(auth) == [
        ("LOGIN_FAILED", f"A wrong password came from {THERE}"),
        ("LOCKED_OUT", f"{THERE} is locked out for 30 s after 5 wrong passwords"),
        ("NEW_ADDRESS", f"First login from {HERE}, with Firefox"),
        ("CREDENTIALS", "The password was changed from the command line"),
        ("CREDENTIALS", "Password protection was switched off"),
    ]


class TestTokens:
    async def test_it_has_its_role_and_outlives_a_new_password(self, auth: Kit, boot: Boot, start: Start) -> None:
        session = await auth.ask(IssueToken("Home Assistant", "media"))
        identity = await who(auth, session.token, "query")
        assert (identity.authenticated, identity.role, identity.session_id) == (True, "media", session.session_id)
        await auth.ask(ChangePassword("another horse"))
        assert (await who(await start(boot), session.token)).role == "media"
        assert session.token not in (boot.data_dir / "auth.json").read_text()

    async def test_an_owner_s_ends_with_the_password(self, auth: Kit) -> None:
        session = await auth.ask(IssueToken("script", "owner"))
        await auth.ask(ChangePassword("another horse"))
        assert not (await who(auth, session.token)).authenticated

    async def test_it_logs_in_where_a_password_is_asked_for_and_its_sessions_end_with_it(self, auth: Kit) -> None:
        token = await auth.ask(IssueToken("guests", "viewer"))
        session = await log_in(auth, token.token)
        assert (await who(auth, session.token, "cookie")).role == "viewer"
        await auth.ask(EndSession(token.session_id))
        assert not (await who(auth, session.token, "cookie")).authenticated
        assert set(auth.of(SessionsRevoked)[-1].session_ids) == {token.session_id, session.session_id}
        assert [kind for kind, _ in noted(auth)] == ["CREDENTIALS", "NEW_ADDRESS", "CREDENTIALS"]

    async def test_that_of_the_picture_logs_nobody_in(self, auth: Kit) -> None:
        token = await auth.ask(IssueToken("Home Assistant", "media"))
        with pytest.raises(Refused):
            await log_in(auth, token.token)

    async def test_the_list_has_no_secret(self, auth: Kit) -> None:
        session = await auth.ask(LogIn(PASSWORD, HERE, "Firefox"))
        await auth.ask(IssueToken("Home Assistant", "media", 7))
        login, token = (await auth.ask(GetSessions())).sessions
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
    async def test_refusals(self, auth: Kit, message: Any, error: type[ServerError]) -> None:
        with pytest.raises(error):
            await auth.ask(message)

    async def test_a_name_is_told_what_is_wrong_with_it(self, auth: Kit) -> None:
        for name, wrong in (("", "Length must be between 1 and 64"), ("a\x1b[31mb", "Invalid format")):
            with pytest.raises(Invalid, match=f"^name: {wrong}$"):
                await auth.ask(IssueToken(name, "media"))

    async def test_there_is_an_end_to_them(self, auth: Kit) -> None:
        for number in range(32):
            await auth.ask(IssueToken(f"{number}", "media"))
        with pytest.raises(LimitReached):
            await auth.ask(IssueToken("one more", "media"))


class TestWithoutProtection:
    async def test_everybody_is_let_in_and_browsers_get_a_session(self, auth: Kit) -> None:
        await auth.ask(SetProtection(False))
        await auth.idle()
        assert auth.of(AuthStatus) == [AuthStatus(True, True), AuthStatus(False, True)]
        assert await who(auth, "", "none") == Identity(True, False, open=True)
        session = await auth.ask(OpenAnonymousSession(HERE))
        assert (await who(auth, session.token, "cookie")).dashboard
        assert await who(auth, "wrong", "basic") == Identity(True, False, open=True)
        assert (await auth.ask(LogIn("anything", HERE))).token != session.token

    async def test_its_sessions_end_with_it(self, auth: Kit) -> None:
        await auth.ask(SetProtection(False))
        session = await auth.ask(OpenAnonymousSession(HERE))
        await auth.ask(SetProtection(True))
        assert not (await who(auth, session.token, "cookie")).authenticated
        await auth.ask(SetProtection(False))
        assert not (await who(auth, session.token, "cookie")).dashboard

    async def test_visitors_cost_nothing(self, auth: Kit, boot: Boot) -> None:
        await auth.ask(SetProtection(False))
        before = (boot.data_dir / "auth.json").read_bytes()
        for _ in range(1000):
            await auth.ask(OpenAnonymousSession(HERE))
        assert (boot.data_dir / "auth.json").read_bytes() == before

    async def test_nobody_sets_the_password_from_outside(self, auth: Kit) -> None:
        await auth.ask(SetProtection(False))
        with pytest.raises(Refused):
            await auth.ask(ChangePassword("another horse", PASSWORD, HERE))

    async def test_off_by_the_command_line(self, boot: Boot, start: Start) -> None:
        auth = await start(replace(boot, auth=False))
        assert auth.of(AuthStatus) == [AuthStatus(False, False)]
        assert await auth.ask(GetAuthStatus()) == AuthStatus(False, False)
        with pytest.raises(Conflict):
            await auth.ask(SetProtection(True))


class TestFirstStart:
    async def test_a_made_password_is_shown_once(
        self, boot: Boot, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("IPCAMERA_PASSWORD")
        auth = await start(boot)
        shown = boot.run_dir / FIRST_PASSWORD
        assert shown.stat().st_mode & 0o777 == 0o600
        assert await log_in(auth, shown.read_text().strip())
        shown.unlink()
        await auth.reborn()
        assert not shown.exists()

    async def test_a_given_password_is_not_shown(self, auth: Kit, boot: Boot) -> None:
        assert await log_in(auth)
        assert not (boot.run_dir / FIRST_PASSWORD).exists()

    async def test_a_given_password_holds_at_the_first_start_only(self, auth: Kit) -> None:
        os.environ["IPCAMERA_PASSWORD"] = "another horse"
        await auth.reborn()
        assert await log_in(auth)

    async def test_an_unusable_one_is_named(self, boot: Boot, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IPCAMERA_PASSWORD", "tab\there")
        with pytest.raises(Unavailable, match="IPCAMERA_PASSWORD"):
            await start(boot)


class TestAFullDisk:
    @pytest.fixture(autouse=True)
    async def _full(self, auth: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
        def save(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(module, "save_state", save)

    async def test_people_still_get_in(self, auth: Kit) -> None:
        session = await log_in(auth)
        assert (await who(auth, session.token)).authenticated
        await auth.until(lambda: "No space left" in auth.degraded)

    async def test_what_cannot_be_kept_is_not_promised(self, auth: Kit) -> None:
        with pytest.raises(Unavailable):
            await auth.ask(ChangePassword("another horse"))
        assert await log_in(auth)


async def test_a_session_expires_after_a_week(auth: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await log_in(auth)
    week = time.time() + 7 * 86400
    monkeypatch.setattr(module.time, "time", lambda: week + 1)
    assert not (await who(auth, session.token)).authenticated


@pytest.mark.parametrize("typed", ["{}", "{plain}", "{upper}", " {spaced} "])
async def test_the_printed_password_may_be_typed_without_its_dashes(
    boot: Boot, start: Start, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.delenv("IPCAMERA_PASSWORD")
    auth = await start(boot)
    printed = (boot.run_dir / FIRST_PASSWORD).read_text().strip()
    forms = {"plain": printed.replace("-", ""), "upper": printed.upper(), "spaced": printed.replace("-", " ")}
    assert (await log_in(auth, typed.format(printed, **forms))).role == "owner"


async def test_an_own_password_that_looks_like_a_printed_one_is_taken_as_it_is(auth: Kit) -> None:
    await auth.ask(ChangePassword("abcdefghabcdefgh"))
    assert (await log_in(auth, "abcdefghabcdefgh")).role == "owner"
    with pytest.raises(Refused):
        await log_in(auth, "abcd-efgh-abcd-efgh")


async def test_the_code_of_the_console_proves_the_owner_and_outlives_the_actor(boot: Boot, start: Start) -> None:
    auth = await start(boot)
    code = (boot.run_dir / OWNER_CODE).read_text().strip()
    again = await start(boot)
    for kit, typed in ((auth, code), (again, code.replace("-", " "))):
        await kit.ask(ProveOwner(typed, HERE))


async def test_wrong_codes_lock_out(auth: Kit, boot: Boot) -> None:
    code = (boot.run_dir / OWNER_CODE).read_text().strip()
    for wrong in ("", "0", code[:-1], code + "0", "wrong"):
        with pytest.raises(Refused):
            await auth.ask(ProveOwner(wrong, THERE))
    with pytest.raises(LimitReached):
        await auth.ask(ProveOwner(code, THERE))
    assert noted(auth)[-1] == ("LOCKED_OUT", f"{THERE} is locked out for 30 s after 5 wrong codes")


async def test_protection_is_switched_on_by_the_code(auth: Kit, boot: Boot) -> None:
    code = (boot.run_dir / OWNER_CODE).read_text().strip()
    with pytest.raises(Invalid):
        await auth.ask(StartProtection(code, "another horse", HERE))
    await auth.ask(SetProtection(False))
    anonymous = await auth.ask(OpenAnonymousSession(HERE))
    with pytest.raises(Refused):
        await auth.ask(StartProtection("0000-0000", "another horse", HERE))
    with pytest.raises(Invalid):
        await auth.ask(StartProtection(code, "short", HERE))
    assert await auth.ask(StartProtection(code, "another horse", HERE)) == AuthStatus(True, True)
    assert not (await who(auth, anonymous.token)).authenticated
    assert (await log_in(auth, "another horse")).role == "owner"
