"""The sample of real reviews, from an archive of the same shape that the test makes and serves itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from burnish.data import samples
from burnish.data.samples import Review, write_sample
from burnish.errors import UserError
from burnish.events import finish
from burnish.fetch.packages import PackageArchive
from tests.fetch.index import PackageIndex, archive_bytes, digest

LINES = {
    "movies": "1\t2.5\tUn clich\u00e9, but a \u201clovely\u201d one.\r\n2\t-3.0\tAwful.\r\n",
    "products": "1_1\t0.5\tIt\tworks \u0085 well.\r\n1_2\t-0.5\tIt broke.\r\n1_3\t0.49\t It is a phone. \r\n",
    "editorials": "1\t0\tThere was a vote.\r\n",
    "tweets": "1\t1.0\tGood morning :)\r\n",
}


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch, package_index: PackageIndex) -> PackageArchive:
    """A source archive in place of the real one, served by the index that pip is set to."""
    ground_truth = {
        f"hutto_ICWSM_2014/{samples._DOMAIN_FILES[domain]}": text.encode("utf-8") for domain, text in LINES.items()
    }
    inner = archive_bytes({**ground_truth, "hutto_ICWSM_2014/README.txt": b"not rows"})
    content = package_index.add_source(
        "tiny-reviews", "1.0", {"additional_resources/hutto_ICWSM_2014.tar.gz": inner, "other.txt": b"x"}
    )
    made = PackageArchive(package="tiny-reviews", version="1.0", file="tiny_reviews-1.0.tar.gz", sha256=digest(content))
    monkeypatch.setattr(samples, "REVIEWS", made)
    return made


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_domains(archive: PackageArchive, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    assert finish(write_sample("reviews", path)) == 7
    found = rows(path)
    assert list(found[0]) == ["text", "rating", "sentiment", "domain"]
    assert [row["domain"] for row in found] == ["movies"] * 2 + ["products"] * 3 + ["editorials", "tweets"]
    assert found[0]["text"] == "Un clich\u00e9, but a \u201clovely\u201d one."
    assert found[2] == {
        "text": "It\tworks \u0085 well.",
        "rating": "0.5",
        "sentiment": "positive",
        "domain": "products",
    }
    assert [row["sentiment"] for row in found[3:6]] == ["negative", "neutral", "neutral"]


def test_one_domain_and_no_second_download(
    archive: PackageArchive, package_index: PackageIndex, tmp_path: Path
) -> None:
    assert finish(write_sample("reviews", tmp_path / "a.csv", "products")) == 3
    package_index.requests.clear()
    assert finish(write_sample("reviews", tmp_path / "b.csv", "tweets")) == 1
    assert package_index.requests == []


def test_a_file_of_the_users_own_is_not_written_over(archive: PackageArchive, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    for _ in range(2):
        assert finish(write_sample("reviews", path)) == 7, "the same again is no loss"
    path.write_text("text,label\nmy own,good\n")
    with pytest.raises(UserError, match="another file has this name already") as caught:
        finish(write_sample("reviews", path))
    assert caught.value.where == str(path)
    assert "--out" in caught.value.fix
    assert path.read_text() == "text,label\nmy own,good\n"
    assert list(tmp_path.glob(".reviews*")) == []


def test_names_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sample 'review'") as caught:
        finish(write_sample("review", tmp_path / "x.csv"))
    assert caught.value.fix == "Did you mean 'reviews'?"
    with pytest.raises(UserError, match="no domain 'movie'") as caught:
        finish(write_sample("reviews", tmp_path / "x.csv", "movie"))
    assert caught.value.fix == "Did you mean 'movies'?"
    assert list(tmp_path.glob("x*")) == []


@pytest.mark.parametrize(
    ("rating", "sentiment"),
    [(-4, "negative"), (-0.5, "negative"), (-0.49, "neutral"), (0, "neutral"), (0.5, "positive"), (4, "positive")],
)
def test_sentiments(rating: float, sentiment: str) -> None:
    assert Review(text="x", rating=rating, domain="tweets").sentiment == sentiment
