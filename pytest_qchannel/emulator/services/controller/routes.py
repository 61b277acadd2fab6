"""What Resource Controller answers."""

from typing import Final

from pytest_qchannel.emulator.services.controller import handlers
from pytest_qchannel.wire import Route

_API: Final = "IBM Cloud Resource Controller v2 API"

ROUTES: Final = (
    Route("GET", "/v2/resource_instances", handlers.instances, "iam", _API),
    Route("GET", "/v2/resource_instances/<instance_id>", handlers.instance, "iam", _API),
)
