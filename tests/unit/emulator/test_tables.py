"""Tables that somebody wrote: what pydantic refuses is said in our words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pytest

from pytest_qchannel.emulator.tables import Kind, Misfit, Parsed, Table, Wrong, keys_of, read
from pytest_qchannel.emulator.worlds.kinds import Tables

COLOURS = ("red", "blue")


def _colour(value: object) -> object:
    if value not in COLOURS:
        raise Wrong("is no colour", closest="red", next="use red or blue")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel(Table):
    section: ClassVar[str] = "wheel"
    spokes: Annotated[int, Kind("a number", ge=1), "how many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart(Table):
    section: ClassVar[str] = "cart"
    name: Annotated[str, Kind("a text"), "what it is called"] = "it"
    weight: Annotated[float, Kind("kilograms", "a number of kilograms", ge=0), "in kg"] = 1.0
    colour: Annotated[str, Parsed("red or blue", _colour), "of its wood"] = "red"
    wheels: Annotated[
        tuple[Wheel, ...], Tables("carts.wheels", lambda table: read(Wheel, table))
    ] = ()


def refused(table: Mapping[Any, object]) -> Misfit:
    with pytest.raises(Misfit) as caught:
        read(Cart, table)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__, "pydantic's own error is not shown"
    return caught.value


def test_what_fits_is_read_and_nothing_is_converted() -> None:
    cart = read(Cart, {"name": "a", "weight": 2, "wheels": [{"spokes": 8}]})
    assert cart == Cart(name="a", weight=2.0, wheels=(Wheel(spokes=8),))
    assert (
        refused({"weight": "2"}).headline == 'a cart: weight wants a number of kilograms, not "2"'
    )
    assert refused({"weight": True}).where == ("weight",)


@pytest.mark.parametrize(
    ("table", "headline", "where", "closest", "following"),
    [
        ({"nme": "x", "weight": -1}, "a cart: there is no key 'nme'", ("nme",), "name",
         "use one of name, weight, colour, wheels"),
        ({3: "x"}, "a cart: there is no key '3'", (3,), None,
         "use one of name, weight, colour, wheels"),
        ({"name": "x", "colour": "rot"}, "the cart 'x': colour is no colour", ("colour",), "red",
         "use red or blue"),
        ({"name": "x", "wheels": [{"spokes": 1}, {"spokes": 0}]},
         "a wheel: spokes wants a number, not 0", ("wheels", 1, "spokes"), None, "write a number"),
        ({"name": "x", "wheels": [{}]}, "a wheel: the key 'spokes' is missing", ("wheels", 0), None,
         "add spokes: how many"),
        ({"name": "x", "wheels": {"spokes": 1}}, "carts.wheels wants tables", ("wheels",), None,
         "write [[carts.wheels]] above each of them"),
        ({"name": "x", "wheels": [7]}, "carts.wheels wants tables", ("wheels", 0), None,
         "write [[carts.wheels]] above each of them"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_its_place(
    table: dict[Any, object],
    headline: str,
    where: tuple[str | int, ...],
    closest: str | None,
    following: str,
) -> None:
    misfit = refused(table)
    assert (misfit.headline, misfit.where) == (headline, where)
    assert (misfit.closest, misfit.next) == (closest, following)
    assert str(misfit) == headline


def test_the_keys_are_told_with_their_kinds() -> None:
    keys = keys_of(Cart)
    assert [(key.name, key.said, key.help, key.default) for key in keys] == [
        ("name", "a text", "what it is called", "it"),
        ("weight", "kilograms", "in kg", 1.0),
        ("colour", "red or blue", "of its wood", "red"),
    ], "those that are tables again are not told"
    assert [key.is_required for key in (*keys, *keys_of(Wheel))] == [False, False, False, True]
