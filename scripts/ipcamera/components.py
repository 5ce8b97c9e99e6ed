"""What this program is made of, as CycloneDX 1.6 (ECMA-424): its packages as installed, and its model files."""

import re
import time
import uuid
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from config.boot_load import program_version
from config.weights.catalogue import CATALOGUE

NAME = "ipcamera"
OPTIONAL = ("tts", "pool")  # extras of the product; those of its tests are no part of it
_REQUIRED = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)""")
_OF_LICENCE = "License :: OSI Approved :: "
LICENCE_MAX = 120  # characters; some packages put the whole text there

Json = dict[str, object]


def bill_of_materials() -> Json:
    """The document; what is not installed is not in it."""
    found = _closure()
    own = found.pop(NAME, None)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "component": {
                "type": "application",
                "bom-ref": NAME,
                "name": NAME,
                "version": program_version(),
                "licenses": [{"expression": "Apache-2.0"}],
            },
        },
        "components": [*(_library(found[name]) for name in sorted(found)), *_models()],
        "dependencies": [
            {"ref": ref, "dependsOn": sorted({_ref(found[name]) for name in needs if name in found})}
            for ref, needs in [(NAME, _needs(own, OPTIONAL)), *((_ref(one), _needs(one)) for one in found.values())]
        ],
    }


def _closure() -> dict[str, Distribution]:
    """This package and all it needs, by normalised name."""
    found: dict[str, Distribution] = {}
    waiting = [NAME]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # for another system, or an extra that was left out
        found[name] = one
        waiting += _needs(one, OPTIONAL if name == NAME else ())
    return found


def _needs(one: Distribution | None, extras: tuple[str, ...] = ()) -> list[str]:
    """Normalised names (PEP 503) of what it requires; of extras, those in ``extras``."""
    needed = []
    for requirement in (one.requires or ()) if one is not None else ():
        extra = _EXTRA.search(requirement)
        if (name := _REQUIRED.match(requirement)) and (extra is None or extra[1] in extras):
            needed.append(_normal(name[0]))
    return needed


def _library(one: Distribution) -> Json:
    name = _normal(one.metadata["Name"])
    shown: Json = {"type": "library", "bom-ref": _ref(one), "name": name, "version": one.version, "purl": _ref(one)}
    if expression := _said(one, "License-Expression"):
        shown["licenses"] = [{"expression": expression}]
    elif licence := _licence_words(one):
        shown["licenses"] = [{"license": {"name": licence}}]
    return shown


def _licence_words(one: Distribution) -> str:
    classifiers = one.metadata.get_all("Classifier") or ()
    named = [text.removeprefix(_OF_LICENCE) for text in classifiers if text.startswith(_OF_LICENCE)]
    stated = _said(one, "License")
    return ", ".join(named) or (stated if len(stated) <= LICENCE_MAX and "\n" not in stated else "")


def _said(one: Distribution, key: str) -> str:
    return one.metadata[key].strip() if key in one.metadata else ""


def _models() -> list[Json]:
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model:{model.id}",
            "name": model.file,
            "version": model.sha256[:12],
            "description": f"for {model.role}; downloaded when it is needed",
            "hashes": [{"alg": "SHA-256", "content": model.sha256}],
            "licenses": [{"license": {"name": model.licence}}],
            "externalReferences": [{"type": "distribution", "url": url} for url in model.urls],
        }
        for model in CATALOGUE.values()
    ]


def _ref(one: Distribution) -> str:
    return f"pkg:pypi/{_normal(one.metadata['Name'])}@{one.version}"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
