"""Children that do not outlive the sandbox: how a command is started so that it ends with whoever started it."""

import sys
from collections.abc import Sequence

# A wrapper, because a preexec_fn is unsafe beside threads; exec keeps the pid. 1 is PR_SET_PDEATHSIG, 15 is SIGTERM.
# https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
_DIE_WITH_PARENT = "import ctypes,os,sys; ctypes.CDLL(None).prctl(1, 15); os.execv(sys.argv[1], sys.argv[1:])"


def mortal(command: Sequence[str]) -> list[str]:
    """`command` (with the full path of its program) so that it ends with the thread that starts it (Linux only)."""
    return [*([sys.executable, "-ISc", _DIE_WITH_PARENT] if sys.platform == "linux" else []), *command]
