"""Fixtures that many tests share."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import burnish
from tests.finished import finish_run
from tests.making import make_encoder, review_rows, write_csv
from tests.once import made_once, new_cache, shared_folder
from tests.processes import Processes, process_server, processes_of

os.environ.setdefault("OMP_NUM_THREADS", "1")  # toys gain nothing from more, and tests run beside each other
os.environ["HF_HUB_OFFLINE"] = "1"  # no test reaches for a model hub
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# No test may rest on seconds, since others use the machine too. Continuous integration tries the same examples each
# time, so that what it tells is about the change; elsewhere new ones are tried.
settings.register_profile("burnish", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("burnish")


_PROCESS_SERVER = "BURNISH_TEST_PROCESS_SERVER"  # the address of the one that all workers of a test run share


def pytest_configure(config: pytest.Config) -> None:
    """Start the server of processes for all workers, where there are some."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        until_the_end = contextlib.ExitStack()
        os.environ[_PROCESS_SERVER] = until_the_end.enter_context(process_server())
        config.add_cleanup(until_the_end.close)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the million objects that were imported, which stay anyway."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What fixtures make that tests share goes into no user's cache either."""
    cache = tmp_path_factory.mktemp("cache")
    kept_graphs = shared_folder(tmp_path_factory) / "graphs"  # of toys, exported once for all tests
    kept_graphs.mkdir(exist_ok=True)
    (cache / "graphs").symlink_to(kept_graphs)
    os.environ["BURNISH_CACHE"] = str(cache)
    return cache


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT with random weights, in a folder."""
    return made_once(shared_folder(tmp_path_factory) / "encoder", make_encoder)


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Starts real processes with the libraries loaded."""
    with contextlib.ExitStack() as stack:
        address = os.environ.get(_PROCESS_SERVER) or stack.enter_context(process_server())
        yield stack.enter_context(processes_of(address))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache_of_the_session: Path) -> Path:
    """Every test has a cache of its own, see `new_cache`."""
    cache = new_cache(tmp_path.with_name(f"{tmp_path.name}-cache"), cache_of_the_session)
    monkeypatch.setenv("BURNISH_CACHE", str(cache))
    return cache


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """240 easy rows of three classes."""
    return write_csv(tmp_path / "reviews.csv", list(review_rows(240)))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> burnish.Run:
    """A finished run on 240 rows, for tests that only look at it.

    Its rows are so easy that counting words is perfect too: with no gain asked for, the verdict is `inconclusive`, and
    the specialist is the fine-tuned network.
    """

    def make(folder: Path) -> None:
        data = write_csv(folder / "reviews.csv", list(review_rows(240)))
        training = {"epochs": 6, "learning-rate": 0.01, "skip-easy": 0, "patience": 6}  # so few rows make a wild ride
        finish_run(data, encoder, folder / "runs", training=training, evaluate={"minimum-gain": 0})

    return burnish.load(made_once(shared_folder(tmp_path_factory) / "finished", make) / "runs" / "reviews")
