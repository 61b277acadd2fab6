"""What Global Catalog answers."""

from typing import Final

from pytest_qchannel.emulator.services.catalog import handlers
from pytest_qchannel.wire import Route

ROUTES: Final = (Route("GET", "/<plan_id>", handlers.entry, "iam", "IBM Cloud Global Catalog API"),)
