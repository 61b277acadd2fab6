"""Real credentials are taken out of what a live run shows, in whatever form they stand there."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import pytest

from pytest_qchannel.plugin.live_shown import Shown
from pytest_qchannel.secret import Secret

KEY = "a/real+key-of=IBM cloud that nobody shall see"
REAL = Secret("MY_KEY", KEY)

FORMS = {
    "plain": KEY,
    "URL": quote(KEY, safe=""),
    "base64": base64.b64encode(f"apikey:{KEY}".encode()).decode(),
    "JSON": KEY.replace("/", "\\/"),
    "split": "\n".join(KEY[n : n + 11] for n in range(0, len(KEY), 11)),
}


def report(**told: Any) -> Any:
    told = {"nodeid": "test_a", "sections": [], "user_properties": [], "longrepr": None, **told}
    made = pytest.TestReport("test_a", ("test_a.py", 1, "test_a"), {}, "failed", None, "call")
    vars(made).update(told)
    return made


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", ["sections", "user_properties", "longrepr", "skip", "xfail"])
def test_it_is_taken_out_wherever_it_stands(place: str, form: str) -> None:
    shown, text = Shown(lambda: [REAL]), f"before {FORMS[form]} after"
    told = {
        "sections": report(sections=[("Captured stdout", text)]),
        "user_properties": report(user_properties=[("noted", {"deep": [text]})]),
        "longrepr": report(longrepr=text),
        "skip": report(longrepr=("test_a.py", 1, text)),
        "xfail": report(wasxfail=text),
    }[place]
    assert shown.of_report(told)
    assert FORMS[form] not in str(vars(told))
    assert not Shown(lambda: [REAL]).of_report(told), "nothing is left to be found"
    assert shown.finds == {"the report of test_a"}


def test_what_holds_none_stays_as_it_was() -> None:
    shown = Shown(lambda: [REAL])
    told = report(sections=[("Captured log", "GET /jobs -> 200")], longrepr="E assert 1 == 2")
    before = dict(vars(told))
    assert not shown.of_report(told)
    assert vars(told) == before


def test_a_token_that_is_learned_later_is_looked_for_from_then_on() -> None:
    known: list[Secret] = []
    shown = Shown(lambda: known)
    assert not shown.of_report(report(longrepr=f"E {KEY}"))
    known.append(REAL)
    assert shown.of_report(report(longrepr=f"E {KEY}"))


def test_a_warning_is_searched_too() -> None:
    warning = SimpleNamespace(message=DeprecationWarning(KEY), category=None, filename=f"/{KEY}.py")
    Shown(lambda: [REAL]).pytest_warning_recorded(cast("Any", warning), "test_a")
    assert KEY not in f"{warning.message} {warning.filename}"


def test_a_module_that_cannot_be_imported_is_searched_too() -> None:
    """Where it reads the variable, ``--showlocals`` showed the key; before all tests."""
    made = pytest.CollectReport("test_a.py", "failed", f"E {KEY}", None, [("Captured", KEY)])
    shown = Shown(lambda: [REAL])
    hook = shown.pytest_make_collect_report()
    next(hook)
    with pytest.raises(StopIteration):
        hook.send(made)
    assert KEY not in str(vars(made))
    assert shown.finds == {"the report of test_a.py"}
