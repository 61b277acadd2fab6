"""Accounts, instances and usage through the real client, on each of its channels."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from pytest_qchannel import QChannel
from tests.devices_kit import LEAST_BUSY
from tests.e2e.session_kit import isa_bell, service_on, version, word

BACKEND = LEAST_BUSY
CLOUD = pytest.mark.qchannel("ibm_quantum_platform", "ibm_cloud")
CLASSIC = pytest.mark.qchannel("ibm_quantum")
pytestmark = pytest.mark.filterwarnings("ignore:.*ibm_quantum.*:DeprecationWarning")


def _since(major: int, minor: int) -> None:
    if version() < (major, minor):
        pytest.skip(f"the client does it since {major}.{minor}")


@CLOUD
def test_instances_are_listed_but_for_those_without_allocation(qchannel: QChannel) -> None:
    _since(0, 40)
    service = service_on(qchannel, None)
    found = {one["crn"]: one for one in service.instances()}
    mine = [one for one in qchannel.instances if one.name != "lite-instance"]
    assert set(found) == {one.id for one in mine}
    for one in mine:
        assert found[one.id]["name"] == one.name
        assert found[one.id]["plan"] == (one.plan or "").lower()
        if version() >= (0, 45):
            assert "qchannel" in found[one.id]["tags"]
            assert found[one.id]["pricing_type"] in ("free", "paygo", "subscription")


@CLOUD
def test_an_instance_is_chosen_by_name(qchannel: QChannel) -> None:
    _since(0, 45)
    for one in qchannel.instances:
        if one.name == "lite-instance":
            continue
        service = service_on(qchannel, one.name)
        service.backends()
        assert service.active_instance() == one.id


@CLOUD
def test_old_clients_resolve_a_name_as_well(qchannel: QChannel) -> None:
    one = qchannel.instances[0]
    service = service_on(qchannel, one.name)
    backend = service.backend(BACKEND)
    job = _run(backend)
    assert qchannel.emulator.jobs[-1].instance.id == one.id
    assert word(job.status()) == "DONE"


@CLOUD
def test_an_instance_that_the_account_lacks_is_refused(qchannel: QChannel) -> None:
    _since(0, 45)
    first = qchannel.instances[0].id
    for wrong in ("no-such-instance", first.replace(first.split(":")[7], "0" * 36)):
        with pytest.raises(Exception, match=r"(?i)instance"):
            service_on(qchannel, wrong)


@pytest.mark.qchannel("ibm_quantum_platform")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"region": "eu-de"}, {"premium-instance-eu"}),
        ({"region": "us-east"}, {"open-instance", "premium-instance"}),
        ({"plans_preference": ["premium"]}, {"premium-instance", "premium-instance-eu"}),
        ({"plans_preference": ["open"]}, {"open-instance"}),
        ({"plans_preference": ["premium"], "region": "eu-de"}, {"premium-instance-eu"}),
    ],
)
def test_instances_are_chosen_by_region_and_plan(
    qchannel: QChannel, arguments: dict[str, Any], expected: set[str]
) -> None:
    _since(0, 40)
    service = service_on(qchannel, None, **arguments)
    backends = service.backends()
    allowed = [_record(qchannel, one.id) for one in qchannel.instances if one.name in expected]
    assert {backend.name for backend in backends} == {
        name for one in allowed for name in one.devices
    }
    if version() >= (0, 45):  # older clients do not tell
        assert {backend._instance for backend in backends} <= {one.id for one in allowed}


@pytest.mark.qchannel("ibm_quantum_platform")
def test_instances_are_chosen_by_tags(qchannel: QChannel) -> None:
    _since(0, 45)
    service = service_on(qchannel, None, tags=["premium", "QCHANNEL"])
    premium = {one.id for one in qchannel.instances if one.plan == "Premium"}
    assert {backend._instance for backend in service.backends()} <= premium
    with pytest.raises(Exception, match=r"(?i)no.*instances"):
        service_on(qchannel, None, tags=["nobody-has-this"])


@CLOUD
def test_nothing_is_left_in_a_region_without_instances(qchannel: QChannel) -> None:
    _since(0, 40)
    if version() < (0, 45):
        assert service_on(qchannel, None, region="jp-tok").backends() == []
        return
    with pytest.raises(Exception, match=r"(?i)no.*(instances|match)"):
        service_on(qchannel, None, region="jp-tok")


@pytest.mark.qchannel("ibm_quantum_platform")
def test_free_instances_come_first(qchannel: QChannel) -> None:
    _since(0, 45)
    service = service_on(qchannel, None)
    job = _run(service.backend(BACKEND))
    assert job.backend().name == BACKEND
    assert qchannel.emulator.jobs[-1].instance.name == "open-instance"
    assert service.active_instance() == qchannel.instances[0].id


@CLOUD
def test_usage(qchannel: QChannel) -> None:
    _since(0, 45)
    instance = _record(qchannel, qchannel.instances[0].id)
    instance.usage_limit_s, instance.usage_allocation_s = 600, 900
    service = service_on(qchannel, instance.id)
    instance.usage_s = 100.0
    usage = service.usage()
    assert usage["instance_id"] == instance.id
    assert usage["usage_consumed_seconds"] == 100
    assert usage["usage_limit_seconds"] == 600
    assert usage["usage_allocation_seconds"] == 900
    assert usage["usage_remaining_seconds"] == 500
    assert usage["usage_limit_reached"] is False
    job = _run(service.backend(BACKEND))
    assert service.usage()["usage_consumed_seconds"] == round(100 + job.usage())


@CLOUD
def test_usage_without_a_limit_is_what_was_allocated(qchannel: QChannel) -> None:
    _since(0, 45)
    instance = _record(qchannel, qchannel.instances[1].id)
    instance.usage_allocation_s, instance.usage_s = 50, 20.0
    usage = service_on(qchannel, instance.id).usage()
    assert usage["usage_remaining_seconds"] == 30
    assert "usage_limit_seconds" not in usage


@CLOUD
def test_a_used_up_instance_warns_and_lets_jobs_wait(qchannel: QChannel) -> None:
    instance = _record(qchannel, qchannel.instances[0].id)
    instance.usage_limit_s = 600
    service = service_on(qchannel, instance.id)
    backend = service.backend(BACKEND)
    instance.usage_s = 600.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        waiting = _submit(backend)
    assert str(getattr(waiting.status(), "name", waiting.status())) == "QUEUED"
    if version() >= (0, 45):
        assert [one for one in caught if "met its usage limit" in str(one.message)]
        assert service.usage()["usage_remaining_seconds"] == 0
    qchannel.emulator.set_usage_limit(instance.name, None)
    assert waiting.result(timeout=20) is not None


@CLOUD
def test_jobs_of_all_instances_are_found_by_one_service(qchannel: QChannel) -> None:
    _since(0, 40)
    ids = []
    for one in qchannel.instances[:2]:
        backend = service_on(qchannel, one.id).backends()[0]
        ids.append(_run(backend).job_id())
    everywhere = service_on(qchannel, None)
    for job_id in ids:
        assert everywhere.job(job_id).job_id() == job_id
    alone = service_on(qchannel, qchannel.instances[0].id)
    with pytest.raises(Exception, match=r"404|(?i:not found)"):
        alone.job(ids[1])


@CLASSIC
def test_classic_instances(qchannel: QChannel) -> None:
    service = service_on(qchannel, None)
    assert set(service.instances()) == {"ibm-q/open/main", "ibm-q-emulated/premium/main"}
    # Of several hubs the client takes the second for its default.
    job = _run(service.backend(BACKEND))
    assert qchannel.emulator.jobs[-1].instance.id == "ibm-q-emulated/premium/main"
    assert word(job.status()) == "DONE"


@CLASSIC
def test_classic_usage(qchannel: QChannel) -> None:
    _record(qchannel, qchannel.instances[0].id).usage_s = 100.0
    usage = service_on(qchannel, None).usage()
    rows = {row["instance"]: row for row in usage["byInstance"]}
    assert rows["ibm-q/open/main"]["usage"] == 100
    assert rows["ibm-q/open/main"]["quota"] == 600
    assert set(usage["period"]) == {"start", "end"}


def _record(qchannel: QChannel, wanted: str) -> Any:
    """The emulator's own record of an instance."""
    world = qchannel.emulator._app.world
    return next(
        account.instances[wanted] for account in world.accounts if wanted in account.instances
    )


def _submit(backend: Any) -> Any:
    from qiskit_ibm_runtime import SamplerV2

    return SamplerV2(mode=backend).run([isa_bell(backend)], shots=100)


def _run(backend: Any) -> Any:
    job = _submit(backend)
    job.result()
    return job
