"""A secret prints its name only, and is taken out of texts however it is written there."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote_plus

import pytest

from pytest_qchannel.secret import SHORTEST, Secret, hide_all
from tests.unit.cassette.scrub.planted_kit import jwt_of

VALUE = 'aK-9/z"+Q_long&enough'
SECRET = Secret("THE_VARIABLE", VALUE)


@dataclass
class Holder:
    secret: Secret
    others: list[Secret]


def test_a_secret_never_prints() -> None:
    secret = Secret("THE_VARIABLE", "the-value-itself")
    holder = Holder(secret, [secret])
    shown = [
        repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret!s:>40}", format(secret),
        repr(holder), str([secret]), str({"a": secret}), ascii(secret), repr(vars(holder)),
    ]  # fmt: skip
    assert all("the-value-itself" not in text for text in shown)
    assert all("THE_VARIABLE" in text for text in shown)
    assert secret.reveal() == "the-value-itself"


def test_a_failed_comparison_of_secrets_shows_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from pytest_qchannel.secret import Secret

        def test_equal():
            left, right = Secret("LEFT", "value-" + "one"), Secret("RIGHT", "value-" + "two")
            assert left == right

        def test_inside():
            held = [Secret("LEFT", "value-" + "one")]
            assert held == [Secret("LEFT", "value-" + "two")], held
        """
    )
    result = pytester.runpytest_inprocess("-vv", "-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert "LEFT" in text
    assert "value-one" not in text
    assert "value-two" not in text


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        VALUE.replace('"', '\\"'),
        quote_plus(VALUE),
        VALUE.encode().hex(),
        VALUE.encode().hex().upper(),
        VALUE.encode("utf-16-le").decode("utf-8"),
    ],
)
def test_it_is_taken_out_of_a_text_however_it_is_written(written: str) -> None:
    assert (
        SECRET.hide(f"<{written}> and {written}")
        == "<<secret THE_VARIABLE>> and <secret THE_VARIABLE>"
    )


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_in_base64_nothing_of_it_stays_that_could_be_read(before: str) -> None:
    text = base64.b64encode(f"{before}{VALUE} and so on".encode()).decode()
    hidden = SECRET.hide(text)
    assert "<secret THE_VARIABLE>" in hidden
    assert len(hidden.replace("<secret THE_VARIABLE>", "")) <= len(text) - len(VALUE)


def test_a_text_without_it_stays() -> None:
    assert SECRET.hide("nothing of it: aK-9") == "nothing of it: aK-9"


def test_one_that_chance_would_find_is_not_searched_for() -> None:
    short, long = Secret("SHORT", "x" * (SHORTEST - 1)), Secret("LONG", "x" * SHORTEST)
    assert (short.is_searchable, long.is_searchable) == (False, True)
    assert hide_all("x" * SHORTEST, [short]) == "x" * SHORTEST
    assert hide_all("x" * SHORTEST, [long]) == "<secret LONG>"


def test_of_two_that_hold_each_other_the_longer_one_goes_first() -> None:
    inner, outer = Secret("INNER", "abcdefgh"), Secret("OUTER", "12-abcdefgh-34")
    hidden = hide_all("12-abcdefgh-34, abcdefgh", [inner, outer])
    assert hidden == "<secret OUTER>, <secret INNER>"


@pytest.mark.parametrize("end", [chr(0xDCFF), chr(0xD800), "\u00e9"], ids=["byte", "half", "e"])
def test_bytes_that_are_no_text_and_half_a_character_can_be_searched_for(end: str) -> None:
    """A variable with such bytes ended every test with a UnicodeEncodeError."""
    secret = Secret("ODD", f"a-key-that-ends-with-{end}")
    assert secret.hide(f"<{secret.reveal()}>") == "<<secret ODD>>"
    assert len({data for data, _ in secret.encodings()}) > 8


KEY = Secret("KEY", "Zq3vN8xTb6Lk0WmR9yHs2DfGc5JpQa7UeXo1-Ti_4MnB")


@pytest.mark.parametrize(
    ("cut", "shown"),
    [
        ("zzZq3vN8xTb6Lk0Wm...zz", "zz<part of the secret KEY>...zz"),
        ("['Zq3vN8xTb6Lk0WmR9yHs2DfGc5JpQa7UeXo1-Ti[99 chars]nB']",
         "['<part of the secret KEY>[99 chars]nB']"),
        ("'Zq3vN8...1-Ti_4MnB'", "'<part of the secret KEY>...<part of the secret KEY>'"),
        ("Skipping 9 characters: 5JpQa7UeXo1-Ti_4MnB",
         "Skipping 9 characters: <part of the secret KEY>"),
        ("Zq3vN8 ... and 1-Ti_4MnB end", "Zq3vN8 ... and 1-Ti_4MnB end"),
    ],
)  # fmt: skip
def test_what_was_cut_short_shows_no_part_of_it(cut: str, shown: str) -> None:
    """Pytest and unittest show the beginning and the end of what is long."""
    assert KEY.hide(cut) == shown


def test_the_beginning_that_all_web_tokens_share_tells_of_none() -> None:
    token = jwt_of({"iam_id": "IBMid-made-up-0", "iat": 1, "exp": 2, "sub": "x" * 60})
    header = token.partition(".")[0]
    secret = Secret("TOKEN", token)
    assert secret.hide(f"{header}.and-so-on") == f"{header}.and-so-on"
    assert secret.hide(f"{token[:117]}...") == "<part of the secret TOKEN>..."


def test_zeros_that_end_a_key_and_an_innocent_number_tell_of_none() -> None:
    """A replay hid the end of an instance's id, as its stand-in key ended alike."""
    secret = Secret("TOKEN", "qchannel-stand-in-api-key-000000000000000001")
    assert secret.hide("GET .../71636861-8003-000000000001") == "GET .../71636861-8003-000000000001"


@pytest.mark.parametrize(
    "between",
    [" ", "-", ".", "_", "\n", "\r\n", ", ", "', '", "\\n", "\nE ", "\nE             "],
)
def test_something_between_its_characters_hides_it_from_nobody(between: str) -> None:
    """``k e y ...`` was shown in reports and in the summary."""
    spaced = between.join(KEY.reveal())
    assert KEY.hide(f"(( {spaced} )) and {spaced}") == "(( <secret KEY> )) and <secret KEY>"
    fewer = between.join(KEY.reveal()[:-1])
    assert KEY.hide(fewer) == fewer


def test_a_short_one_is_looked_for_without_gaps_only() -> None:
    short = Secret("SHORT", "it-is-a-dummy")
    assert short.hide("it is a dummy") == "it is a dummy"
