"""The texts of the page: what its JavaScript gives to ``t`` and ``plural``, and what it shows without them."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house.tree_of_code import ROOT, files, parsed

STATIC = ROOT / "api" / "static"
CATALOGUES = sorted((STATIC / "lang").glob("*.json"))
PLACE = re.compile(r"\{(\w+)\}")

_TOKEN = re.compile(
    r"""(?P<space>(?:\s+|//[^\n]*|/\*.*?\*/)+)
      | (?P<name>[A-Za-z_$\#][\w$]*)
      | (?P<number>\d[\w.]*)
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<mark>===|!==|=>|.)""",
    re.DOTALL | re.VERBOSE,
)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_CHUNK = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # name, number, string, chunk (a piece of a template), regex, mark
    text: str

    @property
    def literal(self) -> str | None:
        if self.kind == "string":
            return str(json.loads(self.text))
        return self.text if self.kind == "chunk" else None


def tokens(source: str) -> list[Token]:
    """Of JavaScript. A template is "`", its chunks, the tokens of each ``${…}`` between "${" and "}", and "`"."""
    found: list[Token] = []
    _read(source, 0, found)
    return found


def _read(source: str, at: int, found: list[Token]) -> int:
    """Until the "}" that closes what it began in, or the end."""
    depth = 0
    while at < len(source):
        if source[at] == "`":
            at = _template(source, at + 1, found)
            continue
        if source[at] == "/" and _begins_regex(found) and (regex := _REGEX.match(source, at)):
            found.append(Token("regex", regex[0]))
            at = regex.end()
            continue
        token = _TOKEN.match(source, at)
        assert token is not None
        kind, text = str(token.lastgroup), token[0]
        depth += (text == "{") - (text == "}")
        if depth < 0:
            return at
        if kind != "space":
            found.append(Token(kind, text))
        at = token.end()
    return at


def _begins_regex(before: list[Token]) -> bool:
    return not before or (before[-1].kind == "mark" and before[-1].text not in ")]}") or before[-1].text == "return"


def _template(source: str, at: int, found: list[Token]) -> int:
    found.append(Token("mark", "`"))
    while True:
        chunk = _CHUNK.match(source, at)
        assert chunk is not None
        if chunk[0]:
            found.append(Token("chunk", chunk[0]))
        at = chunk.end()
        if source[at] == "`":
            found.append(Token("mark", "`"))
            return at + 1
        found.append(Token("mark", "${"))
        at = _read(source, at + 2, found) + 1
        found.append(Token("mark", "}"))


# ---------------------------------------------------------------- what is translated
def scripts() -> dict[str, list[Token]]:
    return {str(path.relative_to(STATIC)): tokens(path.read_text()) for path in sorted(STATIC.rglob("*.js"))}


def calls(found: list[Token], names: set[str]) -> Iterator[tuple[str, int, list[list[int]]]]:
    """Name, place, and for each argument the places of its tokens that stand in no bracket of their own."""
    for at in range(len(found) - 1):
        if found[at].text not in names or found[at + 1].text != "(":
            continue
        if at and found[at - 1].text in (".", "function"):
            continue
        arguments: list[list[int]] = [[]]
        depth = 0
        for place in range(at + 2, len(found)):
            text = found[place].text if found[place].kind == "mark" else ""
            depth -= text in (")", "]", "}")
            if depth < 0:
                break
            if depth == 0 and text == ",":
                arguments.append([])
            elif depth == 0:
                arguments[-1].append(place)
            depth += text in ("(", "[", "{", "${")
        yield found[at].text, at, arguments


@cache
def translated() -> dict[str, set[str]]:
    """Key of a catalogue → the English texts that it stands for: one, or the two forms of a plural."""
    texts: dict[str, set[str]] = {}
    for name, found in scripts().items():
        for call, _, arguments in calls(found, {"t", "plural"}):
            wanted = arguments[:1] if call == "t" else arguments[1:3]
            if name == "js/lang.js" and not all(found[place].kind == "string" for part in wanted for place in part):
                continue  # the parameters of the two themselves
            forms = [form for part in wanted if len(part) == 1 and (form := found[part[0]].literal) is not None]
            assert len(forms) == len(wanted), f"{name}: {call} wants literals, or nobody finds its text"
            texts.setdefault(forms[-1], set()).update(forms)
    return texts


# ---------------------------------------------------------------- what is shown without
_PROSE = re.compile(r"^\W*[A-Z][a-z’']+(?:\W|$)|[A-Za-z]{2,}[,.:;…]? [A-Za-z]{2,}")
_WORD = re.compile(r"[A-Za-z]{2,}")
_KEYS = {"startsWith", "endsWith", "includes", "replace", "replaceAll", "matchMedia", "matches", "closest", "register"}
# Which arguments are shown.
_SHOWN = {
    **dict.fromkeys(("card", "notice", "openDialog", "askInDialog", "gauge", "copyLine"), slice(0, 1)),
    **dict.fromkeys(("setText", "squareButton"), slice(1, 2)),
    **{"h": slice(1, None), "iconButton": slice(2, 3), "confirmed": slice(0, 3)},
    **{"inputField": slice(0, 3), "switchField": slice(0, 2)},
}
_ATTRIBUTES = {"title", "alt", "placeholder", '"aria-label"', '"aria-valuetext"'}
# The same in every language.
NAMES = {
    *("IP Camera", "IP Camera: ", " – IP Camera", "IPC1…", " (Pro)", "Home Assistant", "RTSP", "ONVIF", "Mbit/s"),
    *("Windows", "Android", "iPhone, iPad", "Linux", "Edge", "Opera"),
}
# No text for people: keys, classes, fonts, a line for debugging; and what is said when no language could be loaded.
NO_TEXT = {
    *("Content-Type", "Notification", "Enabled", "Detection", "Classification", "USB camera "),
    *("small bad", "chip plain ", "11px system-ui, sans-serif", "px system-ui, sans-serif", "No service worker: "),
    "The page could not be loaded. Trying again…",
}


def untranslated() -> Iterator[str]:
    """Literals that people would see as they are: in the places where texts go, or by their looks."""
    for name, found in scripts().items():
        if name in ("js/lang.js", "js/sound/talk_worklet.js"):
            continue
        covered = {place for _, _, arguments in calls(found, {"t", "plural"}) for part in arguments for place in part}
        shown = {
            place
            for call, _, arguments in calls(found, set(_SHOWN))
            for part in arguments[_SHOWN[call]]
            for place in part
        }
        for place, token in enumerate(found):
            text = token.literal
            if text is None or place in covered or text in NAMES or text in NO_TEXT or _is_key(found, place):
                continue
            attribute = found[place - 1].text == ":" and found[place - 2].text in _ATTRIBUTES
            if (_WORD.search(text) and (place in shown or attribute)) or _looks_like_text(text):
                yield f"{name}: {text!r}"


def _is_key(found: list[Token], place: int) -> bool:
    before, after = found[place - 1].text, found[place + 1].text if place + 1 < len(found) else ""
    call = before == "(" and found[place - 2].text in _KEYS
    return before in ("===", "!==", "from") or after in ("===", "!==") or call


def _looks_like_text(text: str) -> bool:
    return bool(_PROSE.search(text)) and not re.match(r"[.#\[]|[a-z-]+\b[^ ]*(?:[.>:\[]|, )[a-z]", text)


# ---------------------------------------------------------------- what the server says
def pieces(text: str) -> list[str]:
    """What a template says between its places, without the marks beside them."""
    return [piece for part in PLACE.split(text)[::2] if (piece := part.strip(" ;:.,()"))]


def meaning(text: str, known: Mapping[str, object]) -> bool:
    """Whether the page finds ``text`` among ``known``: as it is, or by a template whose words it finds too."""
    if text in known:
        return True
    for template in known:
        if PLACE.search(template):
            parts = [re.escape(part) if index % 2 == 0 else "(.+?)" for index, part in enumerate(PLACE.split(template))]
            found = re.fullmatch("".join(parts), text, re.DOTALL)
            if found and all(meaning(value, known) for value in found.groups()):
                return True
    return False


@cache
def said_by_the_server() -> str:
    """All texts of its code, one a line; an f-string's pieces are texts."""
    nodes = (node for path in files("models", "config", "api", "actors") for node in ast.walk(parsed(path)))
    return "\n".join({node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)})


def catalogue(path: Path) -> dict[str, dict[str, str | dict[str, str]]]:
    found: dict[str, dict[str, str | dict[str, str]]] = json.loads(path.read_text())
    return found
