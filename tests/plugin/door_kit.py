"""What the tests of the loopback door share: the options that their runs are given."""

from __future__ import annotations

LOOPBACK = "--qchannel-door=loopback"
CLOUD = "--qchannel-channel=ibm_cloud"
