"""The store of states: what comes out is what went in, whatever happens to its files or beside it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from burnish.errors import UserError
from burnish.hardware import memory_gigabytes
from burnish.training import state_store
from burnish.training.state_store import KEY_BYTES, StateStore

WIDTH = (8,)
FLOATS = np.dtype("<f4")


def key(number: int) -> bytes:
    return number.to_bytes(KEY_BYTES, "big")


def states(number: int, width: tuple[int, ...] = WIDTH) -> np.ndarray:
    """What row `number` has: 1 to 5 units of numbers that tell it apart."""
    return np.full((1 + number % 5, *width), number, dtype=FLOATS)


def rows(*numbers: int) -> dict[bytes, np.ndarray]:
    return {key(number): states(number) for number in numbers}


def open_store(name: str = "one") -> StateStore:
    return StateStore(name, WIDTH, FLOATS)


def assert_holds(store: StateStore, numbers: range) -> None:
    for number in numbers:
        assert key(number) in store
        assert np.array_equal(store.get(key(number)), states(number))


def segments(cache: Path) -> list[Path]:
    return sorted((cache / "states").glob("*/*.states"))


def test_what_goes_in_comes_out_now_and_later(own_cache: Path) -> None:
    store = open_store()
    assert len(store) == 0
    assert key(1) not in store
    store.add(rows(*range(10)))
    assert_holds(store, range(10))
    assert not segments(own_cache)
    store.flush()
    assert_holds(store, range(10))
    store.add(rows(*range(5, 20)))
    store.close()
    again = open_store()
    assert len(again) == 20
    assert_holds(again, range(20))
    assert len(segments(own_cache)) == 2
    again.add(rows(*range(20)))
    again.close()
    assert len(segments(own_cache)) == 2
    assert again.notes == []


def test_other_states_have_other_stores() -> None:
    store = open_store()
    store.add(rows(1))
    store.close()
    assert len(open_store("two")) == 0
    assert len(StateStore("one", (8, 1), FLOATS)) == 0
    assert len(StateStore("one", WIDTH, np.dtype("<f2"))) == 0
    assert len(open_store()) == 1


def test_rows_without_units_and_units_without_width() -> None:
    store = StateStore("empty", (), np.dtype("<i2"))
    store.add({key(1): np.zeros(0, "<i2"), key(2): np.array([3, 4], "<i2")})
    store.close()
    again = StateStore("empty", (), np.dtype("<i2"))
    assert again.get(key(1)).shape == (0,)
    assert again.get(key(2)).tolist() == [3, 4]


def test_many_rows_are_written_while_they_come(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_store, "SEGMENT_BYTES", 1000)
    store = open_store()
    for number in range(100):
        store.add(rows(number))
    assert len(segments(own_cache)) > 2
    assert_holds(store, range(100))


def test_small_segments_are_joined(own_cache: Path) -> None:
    store = open_store()
    for number in range(40):
        store.add(rows(number))
        store.flush()
        assert len(segments(own_cache)) <= state_store.MANY_SMALL
    assert_holds(store, range(40))
    again = open_store()
    assert len(again) == 40
    assert_holds(again, range(40))


@pytest.mark.parametrize("place", [2, 9, 20, 130, 300, 400, 700, -1])
def test_a_damaged_segment_is_removed_and_its_rows_are_new(own_cache: Path, place: int) -> None:
    store = open_store()
    store.add(rows(*range(8)))
    store.flush()
    (good,) = segments(own_cache)
    store.add(rows(*range(8, 16)))
    store.close()
    (damaged,) = set(segments(own_cache)) - {good}
    content = bytearray(damaged.read_bytes())
    content[place] ^= 0x01
    damaged.write_bytes(content)
    again = open_store()
    assert segments(own_cache) == [good]
    assert len(again) == 8
    assert_holds(again, range(8))
    assert len(again.notes) == 1
    assert "damaged" in again.notes[0]
    again.add(rows(*range(16)))
    again.close()
    assert_holds(open_store(), range(16))


@pytest.mark.parametrize("left", [0, 50, 200, 1000])
def test_a_segment_that_was_cut_short_is_damaged(own_cache: Path, left: int) -> None:
    store = open_store()
    store.add(rows(*range(20)))
    store.close()
    (path,) = segments(own_cache)
    path.write_bytes(path.read_bytes()[:left])
    assert len(open_store()) == 0
    assert not segments(own_cache)


_ADD = """
import sys
from tests.training.test_state_store import key, open_store, rows
first, last = int(sys.argv[1]), int(sys.argv[2])
store = open_store()
print("open", flush=True)
sys.stdin.readline()
for number in range(first, last):
    store.add(rows(number))
    if number % 7 == 0:
        store.flush()
store.close()
print(len(store.notes), flush=True)
"""


def run_python(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Run Python lines in a process of their own, in this test's cache."""
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def heard(process: subprocess.Popen[str]) -> str:
    """The next line that a process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_processes_share_it_at_the_same_time(own_cache: Path) -> None:
    working = [run_python(_ADD, first, first + 100) for first in (0, 30, 60)]
    assert [heard(process) for process in working] == ["open"] * 3  # all opened it while it was empty
    for process in working:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=600)[0].strip() for process in working] == ["0", "0", "0"]
    store = open_store()
    assert len(store) == 160
    assert_holds(store, range(160))
    assert store.notes == []
    opened = [state_store._open_segment(path, WIDTH, FLOATS) for path in segments(own_cache)]
    assert sum(len(segment.keys) for segment in opened if segment) == 160  # no row twice


def test_one_writes_at_a_time(own_cache: Path) -> None:
    process = run_python(_ADD, 1, 20)
    assert heard(process) == "open"
    with (own_cache / "states" / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate("\n", timeout=1)
        assert not segments(own_cache)
    assert process.communicate(timeout=600)[0].strip().endswith("0")
    assert len(open_store()) == 19


_KILLED = """
import os, signal
from burnish.training import state_store
from tests.training.test_state_store import open_store, rows

def stop(*_):
    os.kill(os.getpid(), signal.SIGKILL)

store = open_store()
store.add(rows(*range(50)))
os.fsync = stop  # the segment is written, and not yet in its place
store.flush()
"""


def test_a_writer_that_is_killed_leaves_nothing(own_cache: Path) -> None:
    assert run_python(_KILLED).wait(timeout=600) == -9
    assert len(list((own_cache / "states").glob("*/.*.tmp"))) == 1
    store = open_store()
    assert len(store) == 0
    assert not list((own_cache / "states").glob("*/.*.tmp"))
    store.add(rows(1))
    store.close()
    assert_holds(open_store(), range(1, 2))


_FULL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from tests.training.test_state_store import assert_holds, open_store, rows
store = open_store()
store.add(rows(*range(10)))
store.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))  # a file of more bytes fails, as on a full disk
store.add(rows(*range(10, 200)))
store.flush()
assert_holds(store, range(200))
store.add(rows(*range(200, 210)))
store.close()
assert_holds(store, range(210))
print(*store.notes)
"""


def test_a_full_disk_is_no_failure(own_cache: Path) -> None:
    process = run_python(_FULL_DISK)
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    assert said.startswith("states are kept in memory only: File too large")
    store = open_store()
    assert len(store) == 10
    assert_holds(store, range(10))
    assert not list((own_cache / "states").glob("*/.*.tmp"))


def test_a_folder_that_cannot_be_made_is_no_failure(own_cache: Path) -> None:
    (own_cache / "states").write_text("a file in its place")
    store = open_store()
    store.add(rows(*range(5)))
    store.close()
    assert_holds(store, range(5))
    assert "in memory only" in store.notes[0]


def test_memory_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNISH_STATES_GB", "0")
    monkeypatch.setattr(state_store, "SHARE_OF_MEMORY", 3.5 * states(4).nbytes / (memory_gigabytes() * 1e9))
    store = open_store()
    store.add(rows(4, 9, 14, 19, 24))
    assert store.full
    assert len(store) == 3
    assert_holds(store, range(4, 5))
    assert len(store.notes) == 1


def test_the_least_recently_used_store_goes_first(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("first", "second", "third")):
        store = open_store(name)
        store.add(rows(*range(100)))  # about 12 kB
        store.close()
        os.utime(store._folder / ".in-use", (number + 1, number + 1))
    sizes = sum(path.stat().st_size for path in segments(own_cache))
    monkeypatch.setenv("BURNISH_STATES_GB", str((sizes + 1000) / 1e9))
    assert len(open_store("first")) == 100  # used again: now the second is the oldest
    new = open_store("new")
    new.add(rows(*range(100)))
    new.close()
    assert new.notes == []
    assert [len(open_store(name)) for name in ("first", "second", "third", "new")] == [100, 0, 100, 100]


def test_a_store_in_use_is_never_evicted(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = open_store("used")
    used.add(rows(*range(100)))
    used.flush()
    (kept,) = segments(own_cache)
    monkeypatch.setenv("BURNISH_STATES_GB", str((kept.stat().st_size + 1000) / 1e9))
    other = open_store("other")
    other.add(rows(*range(100)))
    other.flush()
    assert segments(own_cache) == [kept]
    assert "bound" in other.notes[0]
    assert_holds(other, range(100))  # in memory
    other.close()
    used.close()
    third = open_store("third")
    third.add(rows(*range(100)))
    third.close()
    assert third.notes == []
    assert not kept.exists()
    assert_holds(used, range(100))  # its mapping outlives the file


def test_a_store_in_use_by_another_process_is_not_evicted(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "from tests.training.test_state_store import *\ns = open_store('used'); s.add(rows(*range(100))); s.flush()\n"
    )
    process = run_python(script + "print('open', flush=True); sys.stdin.read()")
    assert heard(process) == "open"
    (kept,) = segments(own_cache)
    monkeypatch.setenv("BURNISH_STATES_GB", str((kept.stat().st_size + 1000) / 1e9))
    for number in range(2):
        other = open_store(f"other {number}")
        other.add(rows(*range(100)))
        other.flush()
        assert segments(own_cache) == ([kept] if number == 0 else [next((other._folder).glob("*.states"))])
        if number == 0:
            process.kill()  # the system lets go of it
            process.wait(timeout=600)


def test_nothing_is_written_where_nothing_may_be(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNISH_STATES_GB", "0")
    store = open_store()
    store.add(rows(*range(5)))
    store.close()
    assert_holds(store, range(5))
    assert not (own_cache / "states").exists()
    assert store.notes == []


@pytest.mark.parametrize("value", ["much", "-1", "nan"])
def test_a_bound_that_is_no_number_is_explained(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BURNISH_STATES_GB", value)
    with pytest.raises(UserError) as caught:
        open_store()
    assert caught.value.where == "BURNISH_STATES_GB"


_MEMORY = """
import os, re
from pathlib import Path
import numpy as np
from burnish.training.state_store import StateStore
from tests.training.test_state_store import key

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1e3

StateStore("other", (1000,), np.dtype("<f4"))  # all code is loaded
before = resident()
store = StateStore("large", (1000,), np.dtype("<f4"))
assert len(store) == 100
assert store.get(key(57))[3, 5] == 57
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell its memory in this way")
def test_a_large_file_is_not_read_into_memory(own_cache: Path) -> None:
    store = StateStore("large", (1000,), FLOATS)
    for number in range(100):
        store.add({key(number): np.full((400, 1000), number, dtype=FLOATS)})
    store.close()
    assert sum(path.stat().st_size for path in segments(own_cache)) > 160e6
    said, _ = run_python(_MEMORY).communicate(timeout=600)
    assert float(said) < 20  # megabytes
