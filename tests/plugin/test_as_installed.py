"""The finder of our own modules: once, whatever is loaded again."""

from __future__ import annotations

import pytest


def test_loading_the_package_again_leaves_one_finder(pytester: pytest.Pytester) -> None:
    """Each ``importlib.reload`` put one more on ``sys.meta_path``, for all of the run."""
    pytester.makepyfile("""
        import importlib
        import sys

        import pytest_qchannel


        def finders():
            return [one for one in sys.meta_path if "_AsInstalled" in repr(one)]


        def test_it(qchannel_rest):
            assert len(finders()) == 1
            importlib.reload(pytest_qchannel)
            del sys.modules["pytest_qchannel"]
            importlib.import_module("pytest_qchannel")
            assert len(finders()) == 1
            assert qchannel_rest.get("/backends").ok
    """)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
