"""Places where a test may end or stop the program, to see what is left: before and after each commit of a delivery.

`PUBLISHER_FAILPOINT=settled:kill:17` kills the process the 17th time that it comes to `settled`; `stop` stops it until
it is told to go on (SIGCONT). Unset, as it is for everybody else, a failpoint costs one comparison.
"""

import os
import signal
from itertools import count

POINTS = ("freezing", "frozen", "writing", "claimed", "intended", "settled", "finishing", "finished")
"""Recipients are frozen | copies are claimed | intents are stored | results are stored | the issue is `sent`; the
names in -ing come before the commit, `writing` before that of claims, intents and results together."""

_NAME, _, _REST = os.environ.get("PUBLISHER_FAILPOINT", "").partition(":")
_ACTION, _, _TIMES = _REST.partition(":")
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_reached = count(1)


def reach(name: str) -> None:
    """Here a test may end or stop the program."""
    if name == _NAME and next(_reached) == int(_TIMES or 1):
        os.kill(os.getpid(), _SIGNALS[_ACTION])
