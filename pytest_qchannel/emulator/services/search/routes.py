"""What Global Search answers."""

from typing import Final

from pytest_qchannel.emulator.services.search import handlers
from pytest_qchannel.wire import Route

ROUTES: Final = (
    Route("POST", "/v3/resources/search", handlers.search, "iam", "IBM Cloud Global Search v3 API"),
)
