"""What a run knows of the cassettes that no test uses: what it collected, and how it tells of them.

A run knows of a module's cassettes only if it collected the module as a whole: not a part of it
(``test_a.py::test_x``), not one that failed or was skipped on import. Of all other modules it
knows one thing: that the file is gone. Nothing here imports pytest;
:mod:`.unused_watch` gathers, :mod:`~pytest_qchannel.cassette.disk.unused` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from pytest_qchannel.cassette.disk.unused import UnusedCassette
from pytest_qchannel.counted import counted
from pytest_qchannel.settings import CHANNELS, OPTION_BY_NAME, Mode, Settings

__all__ = ["UNMARKED", "Collected", "common", "hint", "kin", "message", "told", "uses"]

COMMAND = "qchannel cassettes prune"
"""What lists and removes them."""

UNMARKED = "its test does not replay: it has no marker vcr"
"""Why most cassettes are unused at first; the mode and who set it follow."""


class Collected:
    """Which modules a run collected as a whole, told by the reports of its collectors."""

    def __init__(self) -> None:
        self._passed: dict[str, bool] = {}
        self._tests: dict[str, set[str]] = {}
        self._inner: dict[str, set[str]] = {}

    def saw(self, node: str, *, passed: bool, tests: Iterable[str], inner: Iterable[str]) -> None:
        """Takes one report.

        Args:
            node: The id of the collector.
            passed: Whether it could be collected, and was not skipped.
            tests: The ids of the tests that it has.
            inner: The ids of the collectors that it has, as classes.
        """
        self._passed[node] = self._passed.get(node, True) and passed
        self._tests.setdefault(node, set()).update(tests)
        self._inner.setdefault(node, set()).update(inner)

    def whole(self, items: Collection[str]) -> set[str]:
        """The ids of modules all tests of which are among ``items``."""
        return {node for node in self._passed if "::" not in node and self._is_whole(node, items)}

    def _is_whole(self, node: str, items: Collection[str], within: tuple[str, ...] = ()) -> bool:
        # Outside of rootdir a folder and the modules in it have the same id: nobody can tell then.
        if not self._passed.get(node, False) or node in within:
            return False
        return all(test in items for test in self._tests[node]) and all(
            self._is_whole(one, items, (*within, node)) for one in self._inner[node]
        )


def uses(settings: Settings, *, is_marked: bool) -> bool:
    """Whether a test with our fixtures uses its cassette.

    A mode that was chosen for one run says nothing of what the next run needs.
    """
    option = OPTION_BY_NAME["mode"]
    is_passing = settings.origin["mode"] in (option.flag, option.env_var)
    return is_marked or is_passing or settings.mode in (Mode.REPLAY, Mode.RECORD)


def kin(test: str, channel: str | None, settings: Settings) -> list[str]:
    """The ids that a test has in runs on other channels, which use cassettes, too.

    None where the project or the test itself says which channels there are.

    Args:
        test: The id.
        channel: The channel among its parameters.
        settings: The test's.
    """
    option = OPTION_BY_NAME["channel"]
    if channel is None or settings.origin["channel"] not in (
        option.flag,
        option.env_var,
        "default",
    ):
        return []
    name, bracket, params = test.partition("[")
    words = params.removesuffix("]").split("-")
    if channel not in words:
        return []
    place = words.index(channel)
    return [
        name + bracket + "-".join([*words[:place], other, *words[place + 1 :]]) + "]"
        for other in CHANNELS
        if other != channel
    ]


def common(found: Iterable[Iterable[UnusedCassette]]) -> list[UnusedCassette]:
    """The cassettes that every one of several processes found."""
    each = [{one.path: one for one in some} for some in found]
    if not each:
        return []
    return [one for path, one in each[0].items() if all(path in other for other in each[1:])]


def message(
    unused: Collection[UnusedCassette], shown: Callable[[str], str], command: str
) -> list[str]:
    """Every one of them and why nothing uses it, as an error tells it.

    Args:
        unused: At least one.
        shown: A path as it is shown.
        command: What lists and removes them.
    """
    rows = [f"{shown(one.path)}: {one.why}" for one in unused]
    places = [f"  where:  {rows[0]}", *(f"          {row}" for row in rows[1:])]
    headline = f"qchannel: {told(unused)}, and the run is strict about cassettes"
    return [headline, *places, f"  next:   {command}"]


def told(unused: Collection[UnusedCassette]) -> str:
    """How many there are."""
    return f"{counted(unused, 'cassette')} that no test uses"


def hint(unused: Iterable[UnusedCassette]) -> str:
    """What would use some of them: what was just recorded is not to be removed."""
    is_unmarked = any(one.why.startswith(UNMARKED) for one in unused)
    return " (mark the test with vcr, or --qchannel-mode=replay)" if is_unmarked else ""
