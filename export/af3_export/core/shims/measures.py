"""What a process can say of itself: its peak of memory, its processor time, and whether whoever started it is still there."""

import os
import sys
import threading
import time
from pathlib import Path

STATUS = Path("/proc/self/status")


def restart_process_peak() -> None:
    """Forgets the peak so far, where the system can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def process_peak_bytes() -> int | None:
    """The most memory that this process has held: since the last restart on Linux, since its start elsewhere."""
    try:
        for line in STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows has no such module
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def processor_ms() -> float:
    """Milliseconds of processor time of this process so far, and of processes of its own that have ended."""
    times = os.times()
    return 1e3 * (time.process_time() + times.children_user + times.children_system)


def end_with_parent(seconds: float = 2.0) -> None:
    """Ends this process when its parent is gone: a run of minutes would not see that its stdin has ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
