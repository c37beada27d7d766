"""The files with variables, and the names that are set."""

from __future__ import annotations

import difflib
import os
import re

from .finding import Finding, fault, note, ok, warning
from .variables import NAMES, Setting, Variables

CHECK = "environment"

SECRET_MIN = 12  # a shorter one may be a part of any word; the library has the same limit

# Other names for a variable that people write, in capitals.
_MEANT = {
    "OPENROUTER_API_KEY": re.compile(r"OPEN_?ROUTER_?(API_?)?(KEY|TOKEN)"),
    "OPENROUTER_BASE_URL": re.compile(
        r"OPEN_?ROUTER_?(API_?)?(BASE_?)?(URL|URI|HOST|ENDPOINT)|OPEN_?ROUTER_?(API_?)?BASE"
    ),
    "OPENROUTER_HTTP_REFERER": re.compile(r"OPEN_?ROUTER_?((HTTP_?)?REFERR?ER|SITE_?URL)"),
    "OPENROUTER_APP_TITLE": re.compile(r"OPEN_?ROUTER_?(APP_?|SITE_?)?(TITLE|NAME)"),
    "WAYFARE_LEDGER": re.compile(r"WAY_?FARE_?(LEDGER|DB|DATABASE)(_?(PATH|FILE))?"),
}
_KEY = re.compile(r"_OPEN_?ROUTER_?(API_?)?(KEYS?|TOKEN|SECRET)$")
_TYPING_ERROR = 0.92  # of difflib: about one letter of a name
# Frameworks put variables that begin so into the pages that they send to browsers.
_SHOWN_TO_BROWSERS = (
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "EXPO_PUBLIC_",
    "NUXT_PUBLIC_",
    "GATSBY_",
    "PUBLIC_",
)
# Only the environment of the process counts for these, as it does for libcurl.
_NOT_FROM_FILES = ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


def meant(name: str) -> str | None:
    """The variable that a misspelled name probably means."""
    upper = name.upper()
    if name in NAMES or any(upper.startswith(f"{known}_") for known in NAMES[:2]):
        return None
    for known, others in _MEANT.items():
        if others.fullmatch(upper):
            return known
    return next(iter(difflib.get_close_matches(upper, NAMES, 1, _TYPING_ERROR)), None)


def holds_key(name: str) -> bool:
    """Whether the value is probably a key of OpenRouter, under whatever name."""
    return bool(re.search("OPEN_?ROUTER.*(KEY|TOKEN$|SECRET)", name.upper()))


def secrets(variables: Variables) -> list[str]:
    """The values that no output may have."""
    values = {one.value for one in variables.all() if holds_key(one.name)}
    return sorted((value for value in values if len(value) >= SECRET_MIN), key=len, reverse=True)


def shown_to_browsers(name: str) -> bool:
    return name.startswith(_SHOWN_TO_BROWSERS) and bool(_KEY.search(name.upper()))


def check(variables: Variables) -> list[Finding]:
    found = _files(variables)
    for name in NAMES:
        found += _variable(name, variables)
    for one in variables.all():
        found += _odd(one, variables)
    return found


def _files(variables: Variables) -> list[Finding]:
    found = [
        fault(CHECK, f"{path} cannot be read: {why}", "correct the file, or remove it")
        for path, why in variables.unreadable.items()
    ]
    if variables.files:
        files = list(variables.files)
        found.append(ok(CHECK, f"{' and '.join(files)} {_are(files)} read", files=files))
    elif not found:
        found.append(
            note(
                CHECK,
                "there is no .env.local and no .env: only the environment of the process counts",
                files=[],
            )
        )
    for path, settings in variables.files.items():
        mode = os.stat(path).st_mode & 0o777
        if mode & 0o044 and any(holds_key(one.name) for one in settings):
            found.append(
                warning(
                    CHECK,
                    f"{path} has a key, and other users of this machine may read it",
                    f"chmod 600 {path}",
                    file=path,
                    mode=f"{mode:o}",
                )
            )
    return found


def _are(things: list[str]) -> str:
    return "is" if len(things) == 1 else "are"


def _variable(name: str, variables: Variables) -> list[Finding]:
    places = variables.everywhere(name)
    if not places:
        return []
    first, *others = places
    differ = [one for one in others if one.value != first.value]
    facts = {"name": name, "place": first.place, "replaced": [one.place for one in differ]}
    if differ:
        return [
            warning(
                CHECK,
                f"{name} has other values in {' and '.join(one.place for one in differ)}: that of "
                f"{first.place} counts",
                "remove the one that you do not mean",
                **facts,
            )
        ]
    found = [ok(CHECK, f"{first} is read", **facts)]
    if name == "WAYFARE_LEDGER" and not first.value.startswith(("/", ":")):
        found.append(
            warning(
                CHECK,
                f"{first} is a relative path, so services in other folders "
                "have other ledgers and other budgets",
                "write an absolute path, the same for all services",
                **facts,
            )
        )
    return found


def _odd(one: Setting, variables: Variables) -> list[Finding]:
    """A name that is misspelled, shows the key to others, or has no effect in a file."""
    facts = {"name": one.name, "place": one.place}
    if shown_to_browsers(one.name):
        return [
            fault(
                CHECK,
                f"{one} is sent to every browser, and the key with it",
                f"rename it to {NAMES[0]}, make a new key, and delete the old one",
                meant=NAMES[0],
                **facts,
            )
        ]
    if one.file and one.name.upper() in _NOT_FROM_FILES:
        return [
            warning(
                CHECK,
                f"{one} has no effect: a file cannot set it",
                "set it in the environment of the process, or give the client the option",
                **facts,
            )
        ]
    if (name := meant(one.name)) is None:
        return []
    text = f"wayfare does not read {one}"
    if variables.find(name):
        return [note(CHECK, text, f"remove it: {name} is set", meant=name, **facts)]
    if name == NAMES[0]:  # where there is no key, the library itself names what is near
        return []
    return [warning(CHECK, text, f"rename it to {name}", meant=name, **facts)]
