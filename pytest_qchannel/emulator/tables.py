"""Tables that somebody wrote, read strictly: those of world files, of the builder, of faults.

A class of tables is a frozen dataclass, a field of it a key. The field's ``Annotated`` type says
what a value has to be (a :class:`Kind`) and, in a text, what it means; the documentation, the
builder's arguments and the errors come from there. pydantic does the reading. Of its errors only
the types are used, never the texts, which change from release to release.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import (
    TYPE_CHECKING,
    ClassVar,
    Final,
    NamedTuple,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_type_hints,
)

from pytest_qchannel.errors import nearest

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["Key", "Kind", "Misfit", "Parsed", "Table", "Where", "Wrong", "keys_of", "read", "shown"]

Where = tuple[str | int, ...]
"""The way to a value: keys, and indices of arrays, as ``("accounts", 0, "name")``."""


class Misfit(ValueError):
    """Something that was written is wrong.

    Attributes:
        headline: What.
        where: Where in the table; outer parts are added on the way up.
        closest: The nearest that would do.
        next: What would do.
    """

    def __init__(
        self,
        headline: str,
        *,
        next: str,  # noqa: A002 - the message's own word
        where: Where = (),
        closest: str | None = None,
    ) -> None:
        super().__init__(headline)
        self.headline = headline
        self.where = where
        self.closest = closest
        self.next = next

    def __str__(self) -> str:
        """The headline as it has become."""
        return self.headline


class Wrong(Misfit):
    """A value is wrong; the headline is what follows the key."""


Schema = dict[str, object]
"""A schema of pydantic's core."""


class Handler(Protocol):
    """What pydantic makes schemas with."""

    def __call__(self, source: object, /) -> Schema:
        """The schema of a field's type, as it would be without us."""

    def generate_schema(self, source: object, /) -> Schema:
        """The schema of any other type."""


class Kind:
    """One kind of value.

    Args:
        said: The words for it, as the documentation has them.
        wanted: The words for it in an error; by default the same.
        of: The type that pydantic reads; by default the field's.
        strict: Whether nothing is converted, as a list to a tuple would be.
        limits: What else pydantic's schema of the type has, as ``ge=0``.
    """

    def __init__(
        self,
        said: str,
        wanted: str = "",
        *,
        of: object = None,
        strict: bool = True,
        **limits: object,
    ) -> None:
        self.said = said
        self.wanted = wanted or said
        self._of = of
        self._limits = {"strict": strict, **limits}

    def __get_pydantic_core_schema__(self, source: object, handler: Handler) -> Schema:
        """Pydantic's own schema of the type, with our words for what it refuses."""
        inner = handler(source) if self._of is None else handler.generate_schema(self._of)
        return {
            "type": "function-wrap",
            "function": {"type": "no-info", "function": self.read},
            "schema": {**inner, **self._limits},
        }

    def read(self, value: object, handler: Callable[[object], object]) -> object:
        """What a value says.

        Raises:
            ValueError: It is not of this kind: a :class:`Wrong`, or pydantic's with one inside.
        """
        try:
            return handler(value)
        except ValueError as problem:
            if _details(problem)[0]["loc"]:
                raise  # something inside the value is wrong, and has been told
            raise self.wrong(value) from None

    def wrong(self, value: object) -> Misfit:
        """What to say of a value that is not of this kind."""
        return Wrong(f"wants {self.wanted}, not {shown(value)}", next=f"write {self.wanted}")


class Parsed(Kind):
    """A kind of value that a function of ours reads; it raises :class:`Wrong`."""

    def __init__(self, said: str, parse: Callable[[object], object]) -> None:
        super().__init__(said)
        self._parse = parse

    def __get_pydantic_core_schema__(self, source: object, handler: Handler) -> Schema:
        """The function alone."""
        return {"type": "function-plain", "function": {"type": "no-info", "function": self._parse}}


def shown(value: object) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."


@dataclass(frozen=True, slots=True)
class Table:
    """What the classes of tables have in common.

    Attributes:
        section: The word for one such table; empty: messages do not say it.
        place: Where a key is missed, as messages end.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    section: ClassVar[str] = ""
    place: ClassVar[str] = ""

    @classmethod
    def title(cls, table: Mapping[str, object]) -> str:
        """How an error about a table begins."""
        name = table.get("name")
        if not cls.section:
            return ""
        if isinstance(name, str):
            return f"the {cls.section} {name!r}: "
        return f"{'an' if cls.section[0] in 'ai' else 'a'} {cls.section}: "

    @classmethod
    def unknown(cls, key: str, title: str) -> Misfit:
        """What to say of a key that there is not."""
        words = [one.name for one in fields(cls)]
        return Misfit(
            f"{title}there is no key {key!r}{cls.place}",
            closest=nearest(key, words),
            next=f"use one of {', '.join(words)}",
        )


class Key(NamedTuple):
    """A key of a class of tables.

    Attributes:
        name: Its name.
        said: The words for its kind.
        help: What it means.
        default: Its default, or ``MISSING``.
    """

    name: str
    said: str
    help: str
    default: object

    @property
    def is_required(self) -> bool:
        """Whether a table must have it."""
        return self.default is MISSING


def keys_of(spec: type[Table]) -> list[Key]:
    """The keys of a class of tables, without those that are tables again."""
    hints = get_type_hints(spec, include_extras=True)
    keys = []
    for one in fields(spec):
        about = list(_about(hints[one.name]))
        default = one.default if one.default_factory is MISSING else one.default_factory()
        said = next(part.said for part in about if isinstance(part, Kind))
        keys += [Key(one.name, said, part, default) for part in about if isinstance(part, str)]
    return keys


def _about(hint: object) -> Iterator[object]:
    """What the ``Annotated`` of a type says, the outermost first."""
    yield from getattr(hint, "__metadata__", ())
    for inner in get_args(hint):
        yield from _about(inner)


Made = TypeVar("Made", bound=Table)


def read(spec: type[Made], table: Mapping[str, object]) -> Made:
    """What a table says.

    Args:
        spec: The class for such tables.
        table: Its keys and values.

    Raises:
        Misfit: A key is unknown or missing, or a value is not of the key's kind.
    """
    try:
        # mypy takes the hash of an instance for that of the class.
        made = _adapter(spec).validate_python(dict(table))  # type: ignore[arg-type]
    except ValueError as problem:
        raise _misfit(problem, spec, table) from None
    assert isinstance(made, spec)
    return made


@functools.cache
def _adapter(spec: type[Table]) -> TypeAdapter[Table]:
    # Here: most tests get the default world, which needs no pydantic, and that takes 50 ms to load.
    from pydantic import TypeAdapter

    return TypeAdapter(spec)


def _details(problem: ValueError) -> list[ErrorDetails]:
    """What pydantic found: whatever it runs raises its own kind of ``ValueError``."""
    return cast("ValidationError", problem).errors()


_UNKNOWN: Final = ("unexpected_keyword_argument", "invalid_key")


def _misfit(problem: ValueError, spec: type[Table], table: Mapping[str, object]) -> Misfit:
    """What to say of a table that is refused: a key that there is not, else what comes first."""
    found = min(_details(problem), key=lambda one: one["type"] not in _UNKNOWN)
    where = tuple(part for part in found["loc"] if part != "[key]")
    title = spec.title(table)
    if found["type"] == "missing":
        (key,) = (one for one in keys_of(spec) if one.name == where[0])
        return Misfit(f"{title}the key {key.name!r} is missing", next=f"add {key.name}: {key.help}")
    if found["type"] in _UNKNOWN:
        misfit = spec.unknown(str(where[0]), title)
    else:
        misfit = found["ctx"]["error"]
        assert isinstance(misfit, Misfit), "every key has a kind"
    whole = f"{title}{where[0]} {misfit}" if isinstance(misfit, Wrong) else misfit.headline
    return Misfit(whole, where=(*where, *misfit.where), closest=misfit.closest, next=misfit.next)
