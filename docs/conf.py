"""How Sphinx makes a site of the pages: ``tox -e docs``. It needs no network.

The pages are plain CommonMark, which ``qchannel docs`` shows as well. So the order of the site is
that of the links of ``index.md``: a heading of it is a part, and its list the pages in it.
"""

from __future__ import annotations

import re
from typing import Any

project = "pytest-qchannel"
copyright = "The pytest-qchannel founders. Apache-2.0"  # noqa: A001
extensions = ["myst_parser"]
html_theme = "furo"
html_title = project
html_copy_source = False
highlight_language = "text"
myst_heading_anchors = 4
exclude_patterns = ["_build"]


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", order)


def order(app: Any, page: str, source: list[str]) -> None:  # noqa: ARG001
    """Adds to the index what Sphinx needs: a hidden table of contents for each of its lists."""
    if page != "index":
        return
    for part in source[0].split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        pages = "\n".join(re.findall(r"^- \[.*\]\(([\w-]+)\.md\)", text, re.MULTILINE))
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"
