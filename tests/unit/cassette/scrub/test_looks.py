"""What looks like a secret, an address, a number of a person's, or a path, and what does not."""

from __future__ import annotations

import pytest

from pytest_qchannel.cassette.scrub.looks import is_harmless, is_tag
from pytest_qchannel.cassette.scrub.prose import scrub_prose

_MADE_UP = "abcdefghijklmnopqrstuvwxyzABCDEFGH"

SUSPECT = [
    # Secrets of others than IBM.
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzXAMPLEKEY", "AKIAIOSFODNN7EXAMPLQ",
    "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "hf" + f"_{_MADE_UP}",
    "sk" + "-proj-abc_DEF-ghi_JKL", "9B1DEB4D3B7D4BAD", "password=hunter2", "my api_key: hunter2x",
    # Addresses, of whatever kind.
    "ada@acme.com", "李@例子.公司", "ada\uff20acme.com", '"ada b"@acme.com', "203.0.113.77:8080",
    "ip-203-0-113-77", "2001:db8::7", "2001:db8::", "00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7",
    "001B.4411.3AB7", "ada-thinkpad.corp.acme.com", "reactor.acme.internal",
    # Numbers: of cards, telephones, insurances.
    "4111 1111 1111 1111", "4111111111111111", "4929123456789012", "4111.1111.1111.1111",
    "4111_1111_1111_1111",
    "card_4111111111111111", "3782 822463 10005",
    "378282246310005", "0170 123 4567", "01701234567", "0170/1234567", "(0170) 123-4567",
    "555.867.5309", "0049 170 1234567", "+491701234567", "078-05-1120",
    # Paths.
    "/home/ada", "C:\\Users\\ada", "Users\\ada\\x", "/用户/adab/x", "work/ada/secret.py",
    "$HOME/secret", "%USERPROFILE%\\x", "lib/mnt/ada",
]  # fmt: skip
HARMLESS = [
    "theta[0]", "c_out", "2*phi + lambda/3", "$\\theta_{12}$", "XXZIYZ", "counts / shot",
    "0110 1001 1010", "00110101", "0110101101", "0000000000000000", "1111 0000 1111 0000",
    "1700000000000", "0.4111111111111111", "2026-11-27 10:15:30", "ibm_fez", "q[3] -> c[3]",
    "1.2.3", "ibm-q/open/main", "5c0b3f2e-94d1-4a7b-8e36-f1a2b3c4d5e6", "key", "token", "rz(pi/2)",
    "100:200:2",
    "layer_0_1_2_3", "x.y.z", "10 20 30 40", "mask-of-all-the-qubits-here",
]  # fmt: skip


@pytest.mark.parametrize("text", SUSPECT)
def test_it_is_seen_also_among_other_words(text: str) -> None:
    for words in (text, f"for {text}, once", f"({text})"):
        assert not is_harmless(words), words


@pytest.mark.parametrize("text", HARMLESS)
def test_words_of_circuits_are_harmless(text: str) -> None:
    assert is_harmless(text)


TAGS = [
    "randomized_benchmarking_interleaved_cz_gate_q12_q13", "50%", "a^† a", "ψ ⊗ φ → 0", "run 7 🚀",
    "heisenberg-xxz-chain-of-length-12-delta-2026-11-27-v3", "a \u2013 b",
    "test_SamplerV2_returns_1024_shots_for_each_of_its_PUBs",
]  # fmt: skip
KEYS = [
    "Kx7f-Qm2pZ_tR9wLh4Bv6NcY1sUoE3jGa8dIkXqW5zTH", "qaoa_Kx7fQm2pZtR9wLh4Bv6NcY1sUoE3jGa8dIkXqW5z",
    "a1b2c3d4-e5f6g7h8-i9j0k1l2-m3n4o5p6-q7r8s9t0u1", "5c0b3f2e94d14a7b_8e36f1a2b3c4d5e6_5c0b3f2e9",
    "work_ada_notes_of_november_2026_in_home/ada/x.py", "ada\u2215x", "ada\u200b", "%41%42",
]  # fmt: skip


@pytest.mark.parametrize("text", [*(one for one in HARMLESS if "\\" not in one), *TAGS])
def test_a_tag_of_words_may_be_long(text: str) -> None:
    """What the user saw: a recording refused for the name of an experiment."""
    assert is_tag(text)


@pytest.mark.parametrize("text", [*SUSPECT, *KEYS])
def test_a_tag_that_looks_like_something_else_is_none(text: str) -> None:
    assert not is_tag(text)
    assert not is_tag(f"run {text}, once")


@pytest.mark.parametrize("part", ["ab_", "abcdefgh_", "Abcdefgh_", "Ab1_"])
def test_no_tag_takes_long_to_look_at(part: str) -> None:
    assert not is_tag(f"{part * 30}"[:88] + "_aB3cD4eF5")


@pytest.mark.parametrize("name", ["user=", "backend:", "tel_", ""])
@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "3782 822463 10005", "0170 123 4567"])
def test_no_group_of_a_number_stays_in_a_sentence(name: str, number: str) -> None:
    """What the user saw: ``user=4111 [word] [word] [word]``."""
    kept = scrub_prose(f"cannot find {name}{number} here", lambda _: None)
    assert not any(character.isdigit() for character in kept)
