"""What Resource Controller answers."""

from typing import Final

from pytest_qchannel.emulator.services.controller import handlers
from pytest_qchannel.emulator.wire import Route

ROUTES: Final = (
    Route(
        "GET",
        "/v2/resource_instances",
        handlers.instances,
        "iam",
        "IBM Cloud Resource Controller v2 API",
    ),
)
