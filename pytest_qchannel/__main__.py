"""``python -m pytest_qchannel``: the ``qchannel`` command where the scripts are not on PATH."""

from pytest_qchannel.cli.main import main

if __name__ == "__main__":
    main(prog_name="python -m pytest_qchannel")
