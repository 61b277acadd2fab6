"""File names of cassettes: from a test's id, safe on every system, and back.

``tests/test_pick.py::TestBell::test_run[ibm_cloud]`` lies in
``tests/test_pick/TestBell.test_run[ibm_cloud].yaml``. What a file name must not hold is written
as ``%`` and two hexadecimal digits, as in a URL, so the id can be read back from the name.
Two things make a name longer by ``~`` and a few digits of a hash: capitals in the test's name or
parameters, since ``test_a[x]`` and ``test_a[X]`` are one file on Windows and macOS, and a name
that would be too long. Of a name that was cut, the index alone tells the whole id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

from pytest_qchannel.options import CHANNELS

__all__ = ["SUFFIX", "cassette_name", "channel_of_check", "root_of", "roots_of", "test_id_of"]

SUFFIX: Final = ".yaml"

LONGEST: Final = 120
"""The most characters of a file's or folder's name; Windows allows 260 for a whole path."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.,=+@()\[\]-]|^[.~-]|[. ]$")
_RESERVED: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d)(?=\.|$)", re.IGNORECASE
)
_CHECK: Final = re.compile(r"check/(?:rest|client-\d[^/:]*?)(?:\.py)?::(ibm_\w+)")
_HASH: Final = re.compile(r"~[0-9a-f]{6,10}$")


def root_of(folder: Path, client: str, channel: str) -> Path:
    """The folder of all cassettes, from the setting that may name client and channel.

    Args:
        folder: The setting, as ``cassettes/{client}``.
        client: The installed version of the client, as ``0.51.0``.
        channel: The channel that a test runs on.
    """
    return Path(str(folder).replace("{client}", client).replace("{channel}", channel))


def roots_of(folder: Path, client: str, first: Iterable[str] = ()) -> list[Path]:
    """The same for all channels: one folder, or one for each where the setting names the channel.

    Args:
        folder: As above.
        client: As above.
        first: The channels whose folders come first.
    """
    return list(dict.fromkeys(root_of(folder, client, one) for one in (*first, *CHANNELS)))


def cassette_name(test_id: str) -> PurePosixPath:
    """Where a test's cassette lies, relative to the folder of all cassettes.

    Args:
        test_id: As pytest's node id, ``folder/module.py::Class::test[params]``, the channel
            among the parameters.
    """
    module, _, rest = test_id.partition("::")
    module = module.replace("\\", "/").removesuffix(".py")
    folders = [_component(part, "") for part in module.split("/") if part not in ("", ".")]
    *classes, name = rest.split("::") if "[" not in rest else _split(rest)
    own = ".".join([*classes, name])
    # Capitals of classes are usual, and two that differ in nothing else are not.
    told_apart = _hash(test_id, 6) if name != name.lower() else ""
    return PurePosixPath(*folders, _component(own, told_apart) + SUFFIX)


def _split(rest: str) -> list[str]:
    """Classes and test; parameters may hold ``::`` themselves."""
    before, bracket, params = rest.partition("[")
    *classes, name = before.split("::")
    return [*classes, name + bracket + params]


def _component(text: str, told_apart: str) -> str:
    safe = _UNSAFE.sub(_escaped, text) or "%"
    reserved = _RESERVED.match(safe)
    if reserved:
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    if len(safe) + len(told_apart) + len(SUFFIX) + 1 > LONGEST:
        told_apart = _hash(text, 10)
        cut = safe[: LONGEST - len(SUFFIX) - 11]
        safe = re.sub(r"%[0-9A-F]?$", "", cut)
    return f"{safe}~{told_apart}" if told_apart else safe


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def test_id_of(name: PurePosixPath) -> str | None:
    """The id of the test that a cassette's name was made from.

    Returns:
        ``None`` where the name was cut, or is in no module's folder. A dot that was between classes
        is not told from one in a name: a class is taken to begin with a capital.
    """
    parts = [*name.parts[:-1], name.name.removesuffix(SUFFIX)]
    if len(parts) < 2 or any(re.search(r"~[0-9a-f]{10}$", part) for part in parts):
        return None
    *folders, own = (unquote(_HASH.sub("", part)) for part in parts)
    before, bracket, params = own.partition("[")
    words = before.split(".")
    classes = [word for word in words[:-1] if word[:1].isupper()]
    test = ".".join(words[len(classes) :]) + bracket + params
    if test in ("_package", "_session"):  # of a folder, and no name says whether it is one
        return None
    return "::".join(["/".join(folders) + ".py", *classes, test])


def channel_of_check(test_id: str) -> str | None:
    """The channel of a cassette that is no test's but a flow's of ``qchannel check``, or ``None``.

    Such an id is ``check/client-0.40.1::ibm_cloud``; read back from a name it has a ``.py``.
    """
    of_check = _CHECK.fullmatch(test_id)
    return of_check[1] if of_check is not None else None
