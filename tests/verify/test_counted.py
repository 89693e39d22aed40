"""A count that other processes add to."""

import os
import pickle
import subprocess
import sys
import threading

from perturbproof.verify import counted as module
from perturbproof.verify.counted import counted


def test_what_processes_add_is_told_and_the_file_is_gone_afterwards(monkeypatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.01)
    told: list[int] = []
    both = threading.Event()

    def tell(count: int) -> None:
        told.append(count)
        if count == 2:
            both.set()

    with counted(tell) as add:
        add("learner", 1, 20)
        code = "import sys, pickle; pickle.load(sys.stdin.buffer)('learner', 2, 20)"
        sent = pickle.dumps(add)
        subprocess.run([sys.executable, "-c", code], input=sent, check=True)
        assert both.wait(60)
    assert told == sorted(set(told))
    assert not os.path.exists(add.args[0])
