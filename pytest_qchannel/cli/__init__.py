"""The ``qchannel`` command: ``main.py``, then one file per command."""
