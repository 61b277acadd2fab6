"""Which client knows which channel, and the REST session that guards its credentials."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from pytest_qchannel.channels.model import CHANNEL_BY_NAME, Account, Channel, Instance
from pytest_qchannel.channels.rest import ChannelSession, base_url, logout_url
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.secret import Secret

PLATFORM, CLOUD, CLASSIC = CHANNEL_BY_NAME.values()


@pytest.mark.parametrize(
    ("channel", "client", "known"),
    [
        (PLATFORM, (0, 34), False),
        (PLATFORM, (0, 39), False),
        (PLATFORM, (0, 40), True),
        (PLATFORM, (0, 51), True),
        (PLATFORM, (1, 0), True),
        (CLOUD, (0, 34), True),
        (CLOUD, (0, 51), True),
        (CLASSIC, (0, 34), True),
        (CLASSIC, (0, 40), True),
        (CLASSIC, (0, 41), False),
        (CLASSIC, (1, 0), False),
    ],
)
def test_which_client_knows_which_channel(
    channel: Channel, client: tuple[int, int], known: bool
) -> None:
    assert channel.is_known_to(client) is known


def test_the_model_fits_the_client_that_is_installed() -> None:
    """The client refuses a channel that it does not know before it sends anything."""
    from importlib.metadata import version

    from qiskit_ibm_runtime.accounts import ChannelType

    from pytest_qchannel.channels.client import default_channel, require_channel

    major, minor = map(int, version("qiskit-ibm-runtime").split(".")[:2])
    offered = {
        name for name in str(ChannelType).replace("'", " ").split() if name.startswith("ibm_")
    }
    for channel in CHANNEL_BY_NAME.values():
        assert channel.is_known_to((major, minor)) is (channel.name in offered)
        if channel.name in offered:
            require_channel(channel)
        else:
            with pytest.raises(QChannelError, match=f"no channel {channel.name}"):
                require_channel(channel)
    assert default_channel().name == ("ibm_cloud" if minor < 40 else "ibm_quantum_platform")


def crn(region: str) -> str:
    guid = "12345678-9abc-4def-8123-456789abcdef"
    return f"crn:v1:bluemix:public:quantum-computing:{region}:a/{'0' * 32}:{guid}::"


def account(channel: Channel, instance: str | None = None) -> Account:
    found = Instance(instance, "name", "Open") if instance else None
    return Account(channel, Secret("VARIABLE", "credential"), found)


@pytest.mark.parametrize(
    ("who", "base"),
    [
        (account(PLATFORM, crn("us-east")), "https://quantum.cloud.ibm.com/api/v1"),
        (account(PLATFORM), "https://quantum.cloud.ibm.com/api/v1"),
        (account(CLOUD, crn("eu-de")), "https://eu-de.quantum.cloud.ibm.com/api/v1"),
        (account(CLASSIC, "a/b/c"), "https://api.quantum-computing.ibm.com/runtime"),
    ],
)
def test_the_base_is_that_of_the_instances_region(who: Account, base: str) -> None:
    assert base_url(who) == base


def test_a_region_that_would_lead_to_another_host_is_refused() -> None:
    """``evil.example/`` made https://evil.example/.quantum.cloud.ibm.com, with the credentials."""
    with pytest.raises(UsageProblem, match=r"field 6 \(region\)"):
        base_url(account(PLATFORM, crn("evil.example/")))


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


SECRET = "the-access-token"
CREDENTIAL_HEADERS = ("Authorization", "x-access-token", "Service-CRN", "IBM-API-Version")


def sent_to(wire: responses.RequestsMock, session: ChannelSession, url: str, full: str) -> set[str]:
    """The credential headers that a GET carried."""
    wire.get(full, json={})
    assert session.get(url, headers={"X-Mine": "1"}).status_code == 200
    request = wire.calls[-1].request
    assert request.url == full
    assert request.headers["X-Mine"] == "1"
    carried = {name for name in CREDENTIAL_HEADERS if name in request.headers}
    assert (SECRET in str(request.headers)) is bool(carried & {"Authorization", "x-access-token"})
    return carried


@pytest.mark.parametrize(
    ("channel", "instance", "expected"),
    [
        (PLATFORM, crn("us-east"), {"Authorization", "Service-CRN", "IBM-API-Version"}),
        (CLOUD, None, {"Authorization", "IBM-API-Version"}),
        (CLASSIC, "a/b/c", {"x-access-token"}),
    ],
)
@pytest.mark.parametrize("path", ["/jobs", "jobs", "jobs?limit=1", "/tags?search=https://a"])
def test_a_path_is_below_the_base_and_carries_the_credentials(
    wire: responses.RequestsMock,
    channel: Channel,
    instance: str | None,
    expected: set[str],
    path: str,
) -> None:
    """A path with an address in its query was taken for an address, and no credential sent."""
    session = ChannelSession(account(channel, instance), SECRET)
    full = f"{session.base_url}/{path.lstrip('/')}"
    assert sent_to(wire, session, path, full) == expected
    assert sent_to(wire, session, full, full) == expected


@pytest.mark.parametrize("channel", [PLATFORM, CLASSIC], ids=str)
@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/jobs",
        "http://quantum.cloud.ibm.com/api/v1/jobs",
        "https://quantum.cloud.ibm.com/other",
        "https://auth.quantum-computing.ibm.com/api/users/me",
    ],
)
def test_a_foreign_address_gets_no_credentials(
    wire: responses.RequestsMock, channel: Channel, url: str
) -> None:
    session = ChannelSession(account(channel, crn("us-east")), SECRET)
    assert sent_to(wire, session, url, url) == set()
    # The session itself keeps them.
    assert sent_to(wire, session, "/jobs", session.base_url + "/jobs") != set()


def test_an_address_that_only_begins_like_the_base_gets_no_credentials(
    wire: responses.RequestsMock,
) -> None:
    session = ChannelSession(account(PLATFORM, crn("us-east")), SECRET)
    url = session.base_url + "0/jobs"
    assert sent_to(wire, session, url, url) == set()


def test_a_header_of_ones_own_wins(wire: responses.RequestsMock) -> None:
    session = ChannelSession(account(PLATFORM, crn("us-east")), SECRET)
    wire.get("https://example.org/", json={})
    session.get("https://example.org/", headers={"Authorization": "mine"})
    assert wire.calls[-1].request.headers["Authorization"] == "mine"


def test_logout_goes_to_the_classic_service_with_the_token(wire: responses.RequestsMock) -> None:
    session = ChannelSession(account(CLASSIC), SECRET)
    assert session.logout_url == logout_url(CLASSIC)
    wire.post(str(session.logout_url), json={})
    assert session.logout().status_code == 200
    assert wire.calls[-1].request.headers["x-access-token"] == SECRET


def test_iam_has_no_logout() -> None:
    assert logout_url(CLOUD) is None
    with pytest.raises(QChannelError, match="IAM has no logout") as caught:
        ChannelSession(account(CLOUD), SECRET).logout()
    assert "revoke_access_tokens" in str(caught.value)
