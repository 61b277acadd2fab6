"""The accounts of a cassette, a credential and instances for each channel: all stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["HeldAccount", "HeldInstance", "accounts_from_plain", "accounts_to_plain", "scrubbed"]


class HeldInstance(NamedTuple):
    """An instance: its CRN (or hub/group/project), its name, the name of its plan."""

    id: str
    name: str
    plan: str


class HeldAccount(NamedTuple):
    """A credential, and the instances that it opens."""

    credential: str
    instances: tuple[HeldInstance, ...] = ()


def scrubbed(
    accounts: Mapping[str, HeldAccount], scrub: Callable[[str, str], str]
) -> dict[str, HeldAccount]:
    """The accounts with stand-ins; ``scrub`` takes a rule's name and a value."""
    return {
        channel: HeldAccount(
            scrub("api_key", one.credential),
            tuple(
                HeldInstance(
                    scrub("instance_id", held.id),
                    # On the classic platform the name of an instance is its id.
                    scrub("instance_id" if held.name == held.id else "instance", held.name),
                    scrub("keep", held.plan),
                )
                for held in one.instances
            ),
        )
        for channel, one in accounts.items()
    }


def accounts_to_plain(accounts: Mapping[str, HeldAccount]) -> dict[str, object]:
    """As the index has them."""
    return {
        channel: {
            "credential": one.credential,
            "instances": [held._asdict() for held in one.instances],
        }
        for channel, one in sorted(accounts.items())
    }


def accounts_from_plain(plain: object) -> dict[str, HeldAccount]:
    """Read from an index.

    Raises:
        ValueError: Something is missing, unknown or no text; says what.
    """
    if not isinstance(plain, dict):
        raise ValueError("'accounts' is no mapping")
    return {
        channel: HeldAccount(
            _texts(one, ("credential",), ("instances",), channel)["credential"],
            tuple(
                HeldInstance(**_texts(held, HeldInstance._fields, (), channel))
                for held in _list(one["instances"], channel)
            ),
        )
        for channel, one in plain.items()
    }


def _list(value: object, channel: str) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"the instances of {channel[:40]!r} are no list")
    return value


def _texts(
    value: object, texts: tuple[str, ...], others: tuple[str, ...], channel: str
) -> dict[str, str]:
    if not isinstance(value, dict) or set(value) != {*texts, *others}:
        raise ValueError(f"an account of {channel[:40]!r} has not {', '.join((*texts, *others))}")
    for name in texts:
        if not isinstance(value[name], str):
            raise ValueError(f"{name!r} of {channel[:40]!r} is no text")
        if not value[name].isprintable():  # the environment of a test takes no NUL
            raise ValueError(f"{name!r} of {channel[:40]!r} has a character that cannot be printed")
    return {name: value[name] for name in texts}
