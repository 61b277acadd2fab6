"""What IAM answers."""

from typing import Final

from pytest_qchannel.emulator.services.iam import handlers
from pytest_qchannel.wire import Route

ROUTES: Final = (
    Route("POST", "/identity/token", handlers.exchange, "none", "IBM Cloud IAM Identity API"),
)
