"""The blocks of code of the README and the pages, for the tests that run them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
NOT_RUN: Final = "# Not run here: "
STAND_IN: Final = "# Run here against a server that stands in for IBM\n"
"""How a console begins that wants IBM's services: ``tests/live`` has what stands for them."""


@dataclass(frozen=True)
class Block:
    """A block of code of a page.

    Attributes:
        language: What stands behind its fence.
        text: The lines in it.
    """

    language: str
    text: str

    @property
    def is_run(self) -> bool:
        """Whether it does not say that it is not."""
        return not self.text.startswith(NOT_RUN)

    @property
    def is_live(self) -> bool:
        """Whether it wants IBM's services, or what stands where they stand."""
        return self.text.startswith(STAND_IN)

    @property
    def file(self) -> str:
        """The file that it is, for the consoles of its page, as its first line says; or nothing."""
        found = re.match(r"(?:#|//) ([\w/]+\.(?:py|toml|ini|mjs|cpp))\n", self.text)
        return found[1] if found else ""


def blocks_of(page: Path, *languages: str) -> list[Block]:
    """A page's blocks of some languages: what consoles are made of, if none is named."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    wanted = languages or ("python", "console", "toml", "ini", "javascript", "cpp")
    return [Block(*one) for one in found if one[0] in wanted]
