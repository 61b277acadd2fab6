"""What IBM's own secrets look like, for those that the gate does not know.

Each pattern is data: a stable id, a name, a reason, a regular expression, and a test that tells a
find from a stand-in or a placeholder. ``docs/scrubbing.md`` shows the table.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pytest_qchannel.cassette.standin_shapes import DOMAIN, HEX, IBM_ID, is_standin, is_standin_jwt

__all__ = ["KNOWN_SECRET", "PATTERNS", "UNREADABLE", "Pattern"]

KNOWN_SECRET: Final = "GATE-001"  # noqa: S105 - the id of a rule
UNREADABLE: Final = "GATE-090"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of secret.

    Attributes:
        id: Stable: it may be named in an issue or a commit message.
        name: With an article, for a sentence.
        reason: What somebody could do with it.
        anchors: What it starts with, in lower case; an expression is tried there only. Without
            any, it is tried on every long run of letters and digits.
        expression: Where in some bytes it is.
        is_real: Whether a match is a secret; a stand-in or a placeholder is none.
        before: How far before the anchor it can begin.
        in_glued: Whether it also counts in bytes that were joined from several lines.
        least_packed: The shortest match that counts in what was decoded: chance makes short ones.
    """

    id: str
    name: str
    reason: str
    anchors: tuple[bytes, ...]
    expression: re.Pattern[bytes]
    is_real: Callable[[re.Match[bytes]], bool]
    before: int = 0
    in_glued: bool = False
    least_packed: int = 0

    def found_at(self, data: bytes, at: int, *, is_packed: bool = False) -> bool:
        """Whether there is a secret at an anchor."""
        found = (
            self.expression.search(data, max(0, at - self.before), at + 400)
            if self.before
            else self.expression.match(data, at)
        )
        is_long = found is not None and (not is_packed or len(found[0]) >= self.least_packed)
        return is_long and found is not None and self.is_real(found)


# What the emulator hands out says of itself that it is emulated.
_EMULATED_KEY: Final = "qchannel-emulated-api-key-"
# What a key stands among: words of letters, as QPY writes a gate's class before its label.
_WORDS: Final = re.compile(r"(?:[a-z]{2,})?(?:[A-Z]{1,4}[a-z]{2,}|[_\-][a-z]*)*")
_BEFORE: Final = re.compile(r"[A-Za-z0-9]{0,12}[_\-]")
_AFTER: Final = re.compile(r"[_\-][A-Za-z0-9]{0,12}")
_KEY_LENGTH: Final = 44
_CHANGE: Final = re.compile(r"(?=[a-z][A-Z0-9]|[A-Z][a-z0-9]|[0-9][A-Za-z])")
_FEWEST_CHANGES: Final = 10
"""Between small letters, capitals and digits: of 4,000,000 random keys 13 had fewer."""
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PLACEHOLDER: Final = re.compile(
    r"(.)\1*|[*.x<>_ -]+|<.*>|\[.*\]|\$\{?\w+\}?"
    r"|(your|my|the|an?|fake|dummy|test|example|some)[-_ ].*"
    r"|(redacted|scrubbed|dummy|fake|placeholder|not_supported|none|null|true|false|undefined).*",
    re.IGNORECASE,
)
_RESERVED_DOMAIN: Final = re.compile(r"(.*\.)?(invalid|example|test|example\.(com|org|net|edu))")


def _text(found: re.Match[bytes], group: int | str = 0) -> str:
    return found[group].decode("utf-8", "replace")


def _is_real_value(text: str) -> bool:
    is_ours = is_standin(text) or text.startswith(_EMULATED_KEY)
    return not is_ours and not _PLACEHOLDER.fullmatch(text)


def _is_api_key(found: re.Match[bytes]) -> bool:
    # Qiskit 1 gives each gate of one's own a name with a UUID: MyGate_5f113de4-49ce-...
    return any(map(_has_api_key, _UUID.split(_text(found))))


def _has_api_key(run: str) -> bool:
    return any(
        (_WORDS.fullmatch(run, 0, start) or _BEFORE.fullmatch(run, 0, start))
        and (_WORDS.fullmatch(run, end) or _AFTER.fullmatch(run, end))
        and _is_key(run[start:end])
        for start in range(len(run) - _KEY_LENGTH + 1)
        for end in (start + _KEY_LENGTH,)
    )


def _is_key(text: str) -> bool:
    is_mixed = all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    # A long name has words: test_SamplerV2_returns_1024_shots_for_each_of_its_PUBs.
    is_written = sum(1 for _ in _CHANGE.finditer(text)) < _FEWEST_CHANGES
    if not is_mixed or is_written or not _is_real_value(text):
        return False
    # An array or a text in base64 can be as long; a key is random.
    data = base64.urlsafe_b64decode(text)
    is_compressed = data[:1] == b"\x78" and int.from_bytes(data[:2], "big") % 31 == 0
    is_readable = sum(0x20 <= byte < 0x7F for byte in data) > 0.9 * len(data)
    return (
        not is_compressed and not is_readable and not data.startswith((b"\x93NUMPY", b"\x1f\x8b"))
    )


def _is_jwt(found: re.Match[bytes]) -> bool:
    return not is_standin_jwt(_text(found))


def _is_classic_token(found: re.Match[bytes]) -> bool:
    text = _text(found).lower()
    return not text.startswith(HEX) and len(set(text)) > 2


def _is_real_account(found: re.Match[bytes]) -> bool:
    account = _text(found, 1).lower()
    return not account.startswith(HEX) and len(set(account)) > 1


def _is_real_user(found: re.Match[bytes]) -> bool:
    return not _text(found).startswith(IBM_ID)


def _is_real_address(found: re.Match[bytes]) -> bool:
    domain = _text(found, 1).lower()
    return domain != DOMAIN and not _RESERVED_DOMAIN.fullmatch(domain)


def _is_credential(found: re.Match[bytes]) -> bool:
    scheme, value = _text(found, 1).lower(), _text(found, 2)
    if scheme == "basic":
        try:
            pair = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return b":" in pair and pair.isascii() and pair.decode().isprintable()
    return any(map(str.isdigit, value)) and _is_real_value(value)


def _has_real_value(found: re.Match[bytes]) -> bool:
    return _is_real_value(_text(found, 1))


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        "GATE-010",
        "an IBM Cloud API key",
        "44 characters that open the whole account until somebody deletes the key",
        (),
        re.compile(rb"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9_\-]{44,120}(?![A-Za-z0-9+/_\-])"),
        _is_api_key,
    ),
    Pattern(
        "GATE-011",
        "a JSON Web Token that is no stand-in",
        "an IAM access token is good for an hour, and names its owner for ever",
        (b"eyj",),
        re.compile(rb"eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"),
        _is_jwt,
        in_glued=True,
    ),
    Pattern(
        "GATE-012",
        "a classic API or access token",
        "128 hexadecimal digits that open the classic platform",
        (),
        re.compile(rb"(?<![0-9a-fA-F])[0-9a-fA-F]{128,136}(?![0-9a-fA-F])"),  # "XGate" ends in one
        _is_classic_token,
    ),
    Pattern(
        "GATE-013",
        "a CRN with an account id that is no stand-in",
        "names the account and the service instance of whoever recorded",
        (b"crn:v",),
        re.compile(rb"crn:v[0-9](?::[a-z0-9.\-]*){4}:a/([0-9a-fA-F]{32})"),
        _is_real_account,
    ),
    Pattern(
        "GATE-014",
        "an IBMid",
        "names the person who recorded",
        (b"ibmid-",),
        re.compile(rb"IBMid-[A-Za-z0-9]{6,}"),
        _is_real_user,
    ),
    Pattern(
        "GATE-015",
        "an e-mail address",
        "names a person",
        (b"@",),
        re.compile(
            rb"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@"
            rb"((?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.)+[A-Za-z]{2,24})(?![A-Za-z0-9\-])"
        ),
        _is_real_address,
        before=65,
        least_packed=12,
    ),
    Pattern(
        "GATE-016",
        "the value of an Authorization header",
        "a credential, whatever kind it is",
        (b"bearer", b"apikey", b"basic"),
        re.compile(rb"(?i)\b(bearer|apikey|basic)[ +]{1,4}([A-Za-z0-9._~+/=\-]{12,})"),
        _is_credential,
    ),
    Pattern(
        "GATE-017",
        "the signature of a presigned URL",
        "opens a stored object without any other credential",
        (b"x-amz-", b"x-goog-", b"?", b"&"),
        re.compile(
            rb"(?i)(?:x-(?:amz|goog)-(?:signature|credential|security-token)|[?&](?:sig|signature|hmac|awsaccesskeyid))"
            rb"=([^&\s\"'<>\\]{8,})"
        ),
        _has_real_value,
    ),
    Pattern(
        "GATE-018",
        "a private key",
        "whoever reads it is whoever it belongs to",
        (b"-----begin",),
        re.compile(rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY"),
        lambda _: True,
    ),
    Pattern(
        "GATE-019",
        "a field that is called like a credential, with a value that is no stand-in",
        "whatever it is, somebody called it a key, a token or a password",
        (
            b"apikey",
            b"api_key",
            b"apitoken",
            b"api_token",
            b"accesstoken",
            b"access_token",
            b"refreshtoken",
            b"refresh_token",
            b"x-access-token",
            b"password",
            b"passwort",
            b"passcode",
            b"clientsecret",
            b"client_secret",
            b"secretaccesskey",
            b"secret_access_key",
        ),
        re.compile(
            rb"(?i)(?<![a-z\-])(?:api_?key|api_?token|access_?token|refresh_?token|x-access-token"
            rb"|passwor[dt]|passcode|client_?secret|secret_?access_?key)\\{0,3}[\"']{0,1}\s{0,3}[=:]\s{0,3}"
            rb"\\{0,3}[\"']{0,1}([^\s\"'&,;<>{}()\[\]\\]{8,})"
        ),
        _has_real_value,
    ),
)
