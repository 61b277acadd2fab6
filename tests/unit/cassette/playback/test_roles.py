"""What a recorded request is to the replay: its resource, and what it does to it."""

from __future__ import annotations

import pytest

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import address_of
from pytest_qchannel.cassette.playback.record.job_states import unfinished
from pytest_qchannel.cassette.playback.record.replayable import not_found_again
from pytest_qchannel.cassette.playback.roles import role_of
from pytest_qchannel.cassette.scrub.standins import Standins
from pytest_qchannel.ibm.route import Action
from tests.unit.cassette.traffic_kit import said, state

TODAY = "https://quantum.cloud.ibm.com/api/v1"
OLD = "https://us-east.quantum-computing.cloud.ibm.com"
CLASSIC = "https://api.quantum.ibm.com/runtime"
CONTROLLER = "https://resource-controller.cloud.ibm.com/v2/resource_instances"


@pytest.mark.parametrize(
    ("method", "url", "resource", "action"),
    [
        ("GET", f"{TODAY}/jobs/a%20b", "job a b", Action.READ),
        ("HEAD", f"{TODAY}/jobs/a/results", "job a", Action.READ),
        ("GET", f"{OLD}/jobs/a/", "job a", Action.READ),
        ("POST", f"{CLASSIC}/jobs/a/cancel", "job a", Action.SOFT_GATE),
        ("DELETE", f"{TODAY}/jobs/a", "job a", Action.HARD_GATE),
        ("PATCH", f"{TODAY}/sessions/a", "session a", Action.SOFT_GATE),
        ("POST", f"{TODAY}/jobs?x=1", "account", Action.SUBMISSION),
        ("POST", f"{TODAY}/sessions", "account", Action.WRITE),
        ("GET", f"{CONTROLLER}/crn%3Av1%3Aa%2Fb", "account", Action.READ),
        ("PATCH", f"{CONTROLLER}/crn%3Av1%3Aa%2Fb", "account", Action.HARD_GATE),
        ("POST", "https://iam.test.cloud.ibm.com/identity/token", "account", Action.LOGIN),
        ("POST", "https://auth.quantum.ibm.com/api/users/logout", "account", Action.HARD_GATE),
        # No route of the table: by the method.
        ("OPTIONS", f"{TODAY}/jobs", "account", Action.READ),
        ("GET", "https://new.ibm.com/jobs/a", "account", Action.READ),
        ("POST", "https://new.ibm.com/jobs", "account", Action.HARD_GATE),
    ],
)
def test_a_request_has_a_resource_and_an_action(
    method: str, url: str, resource: str, action: Action
) -> None:
    role = role_of(address_of(Interaction(method, url)))
    assert (role.resource, role.action) == (resource, action)
    assert role.is_shared is (resource != "account")


def test_a_head_tells_no_state_of_a_job() -> None:
    submitted = said("POST", "/jobs", {"id": "a"})
    head = said("HEAD", "/jobs/a")
    assert unfinished([submitted, state("a", "Running"), head]) == [("a", "Running", "")]
    assert unfinished([submitted, state("a", "Completed"), head]) == []


def test_a_recording_that_is_lost_by_an_unknown_route_says_so() -> None:
    raw = said("OPTIONS", "/backends/my-own-name")
    kept = said("OPTIONS", "/backends/qchannel-stand-in")
    [what] = not_found_again([(raw, kept)], {}, Standins())
    assert what.endswith("a part of its path, which with this method is no route that is known")
    known = said("GET", "/jobs/my-own-name/logs"), said("GET", "/jobs/qchannel-stand-in/logs")
    assert list(not_found_again([known], {}, Standins())) == []


def test_a_token_that_a_link_escapes_was_given_by_the_service() -> None:
    """A recording that followed ``next`` was refused where the token ends with ``=``."""
    link = "https://quantum.cloud.ibm.com/api/v1/workloads?next=Zm9v%3D"
    page = said("GET", "/workloads", {"next": {"href": link}})
    raw = said("GET", "/workloads?next=Zm9v%3D")
    kept = said("GET", "/workloads?next=qchannel-stand-in-cursor-1")
    assert list(not_found_again([(page, page), (raw, kept)], {}, Standins())) == []
    assert list(not_found_again([(raw, kept)], {}, Standins())) != []
