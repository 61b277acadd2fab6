"""Large bodies, stored once for the whole tree under the hash of their content, compressed.

A body is kept byte for byte: JSON is not written anew, because the client hashes nothing but
people's code might, and because a body in whatever form it came is what was tested. The name is
the hash of the plain content, so equal bodies of different cassettes share a file, parallel
writers write the same bytes under the same name, and a damaged file is found when it is read.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from pathlib import Path
from typing import Final

from pytest_qchannel.cassette.disk.layout import BLOBS
from pytest_qchannel.cassette.problems import BlobDamaged, BlobMissing
from pytest_qchannel.reading import MOST_UNPACKED, read_file

__all__ = ["Blobs", "blob_name", "compressed"]

_NAME: Final = re.compile(r"[0-9a-f]{32}")


def blob_name(content: bytes) -> str:
    """The name of a content: 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:32]


def compressed(content: bytes) -> bytes:
    """The content as a gzip file that depends on nothing but it: no time, no system's number."""
    data = bytearray(gzip.compress(content, compresslevel=9, mtime=0))
    data[9] = 255
    return bytes(data)


class Blobs:
    """The folder of blobs of a tree of cassettes.

    Args:
        root: The folder of all cassettes.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / BLOBS
        self._root = root

    def path(self, name: str) -> Path:
        """Where a blob lies."""
        return self.folder / name[:2] / f"{name}.gz"

    def names(self) -> list[str]:
        """The names of all blobs, sorted; other files in the folder are not named."""
        if not self.folder.is_dir():
            return []
        found = (path.name.removesuffix(".gz") for path in self.folder.glob("??/*.gz"))
        return sorted(name for name in found if _NAME.fullmatch(name))

    def has(self, name: str) -> bool:
        """Whether the blob is there and whole."""
        try:
            self.read(name, self._root, None, None)
        except (BlobMissing, BlobDamaged):
            return False
        return True

    def read(self, name: str, index: Path, line: int | None, test_id: str | None) -> bytes:
        """The content of a blob.

        Args:
            name: Its name.
            index: The cassette that asks for it, for errors.
            line: The line of the cassette that names it.
            test_id: The test of the cassette.

        Raises:
            BlobMissing: There is no such file.
            BlobDamaged: Its content is not what its name says, or too large.
        """
        path = self.path(name)
        facts = [("blob", str(path))]
        try:
            data = read_file(path, MOST_UNPACKED)
        except OSError:
            raise BlobMissing(
                f"a body of the cassette is missing: {name}",
                path=index,
                line=line,
                test_id=test_id,
                facts=[*facts, ("hint", "a merge or a .gitignore may have left it behind")],
            ) from None
        inflater = zlib.decompressobj(wbits=31)
        try:
            content = inflater.decompress(data, MOST_UNPACKED)
        except zlib.error as problem:
            content, said = b"", f"it is no gzip file ({problem})"
        else:
            said = "its content has another hash than its name"
            if not inflater.eof:
                said = "it is cut short" if len(content) < MOST_UNPACKED else "it is too large"
        if not inflater.eof or blob_name(content) != name:
            raise BlobDamaged(
                f"a body of the cassette is damaged: {name}",
                path=index,
                line=line,
                test_id=test_id,
                facts=[*facts, ("found", said)],
            )
        return content
