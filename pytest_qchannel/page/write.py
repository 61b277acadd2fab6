"""One self-contained HTML page of a report.

The page is put together from files of this folder when it is written, and from nothing else. What a
run said is in it only as compressed data: no test's id, reason or body is ever markup. Its policy
allows the page its own script and style, by their hashes, and no request to anywhere.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from pytest_qchannel._version import __version__

__all__ = ["VENDORED", "page_of"]

_LEVEL: Final = 6
"""Of the compression: higher ones take several times as long for hardly fewer bytes."""

VENDORED: Final = {
    "preact": ("Preact 10.29.8 (MIT licence)", "preact.min.umd.js"),
    "htm": ("htm 3.1.1 (Apache licence 2.0)", "htm.umd.js"),
}
"""What others wrote of the page: the name and the version, and the file as it was published."""

_APP: Final = ("text", "data", "device", "drawings", "details", "sections", "matrix", "main")
"""The page's own script in the order in which it is put together."""

_SOURCE_MAP: Final = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
"""A line that makes a browser's developer tools ask for a file that does not come along."""


def page_of(report: Mapping[str, object]) -> str:
    """The page of a report, whole.

    Args:
        report: As the JSON report has it (``qchannel docs report-page`` says what is in it).
    """
    parts = {"style": _text("page.css"), "script": _script()}
    policy = (
        f"default-src 'none'; script-src '{_hash(parts['script'])}'; "
        f"style-src '{_hash(parts['style'])}'; base-uri 'none'; form-action 'none'"
    )
    licences = [
        {"name": title, "text": _text("vendored", f"LICENSE-{name}")}
        for name, (title, _) in VENDORED.items()
    ]
    parts |= {
        "policy": policy,
        "data": _packed({**report, "licences": licences, "made_by": __version__}),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda hole: parts[hole[1]], _text("page.html"))


def _text(*names: str) -> str:
    # (Line ends as the browser sees them: the hash is of what it reads.)
    return files(__package__).joinpath(*names).read_text(encoding="utf-8")


def _script() -> str:
    vendored = [_SOURCE_MAP.sub("", _text("vendored", name)) for _, name in VENDORED.values()]
    bound = "const html = htm.bind(preact.h);"
    own = "\n".join(_text("app", f"{name}.js") for name in _APP)
    return "\n".join([*vendored, f'(() => {{\n"use strict";\n{bound}\n{own}\n}})();'])


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _packed(plain: Mapping[str, object]) -> str:
    # No time stamp: the same report is the same page. ASCII: half a character of UTF-16, which a
    # test's id may hold, has no UTF-8.
    text = json.dumps(plain, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), _LEVEL, mtime=0)).decode("ascii")
