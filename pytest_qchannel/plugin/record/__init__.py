"""What a run tells of itself: facts of each test, and what terminal, JUnit and pages make of them.

:mod:`.facts` is filled where a test runs and travels as one attribute of its reports, so also from
a worker of pytest-xdist; :mod:`.run` has those of all tests, in the process that shows them.
"""
