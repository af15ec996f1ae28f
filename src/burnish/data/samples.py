"""Real data to try burnish on, fetched on request: nothing of it is part of this package."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import UserError, did_you_mean
from burnish.events import Note, Work
from burnish.fetch.packages import PackageArchive, fetch_archive
from burnish.run_folder import atomic_path

REVIEWS = PackageArchive(
    package="vaderSentiment",
    version="3.3.2",
    file="vaderSentiment-3.3.2.tar.gz",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)
_INNER_ARCHIVE = "additional_resources/hutto_ICWSM_2014.tar.gz"
_DOMAIN_FILES = {
    "movies": "movieReviewSnippets_GroundTruth.txt",
    "products": "amazonReviewSnippets_GroundTruth.txt",
    "editorials": "nytEditorialSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
}
SAMPLES = {
    "reviews": "24,000 sentences from films, products, editorials and tweets with the mean of 20 people's ratings, "
    "-4 to 4 (Hutto & Gilbert 2014; MIT licence)",
}
NEGATIVE, POSITIVE = -0.5, 0.5


@dataclass(frozen=True, kw_only=True)
class Review:
    """A rated sentence."""

    text: str
    rating: float
    domain: str

    @property
    def sentiment(self) -> str:
        """Negative (rating <= -0.5), positive (>= 0.5), or neutral between."""
        if self.rating <= NEGATIVE:
            return "negative"
        return "positive" if self.rating >= POSITIVE else "neutral"


def write_sample(name: str, path: Path, domain: str = "") -> Work[int]:
    """Fetch a sample and write it as CSV (text, rating, sentiment, domain).

    Args:
        name: The sample's name.
        path: The file to write.
        domain: Only rows of this domain; "" for all.

    Returns:
        The number of rows written.

    Raises:
        UserError: There is no such sample or domain, or it cannot be fetched.
    """
    if name not in SAMPLES:
        raise UserError(f"there is no sample {name!r}", where="sample", fix=did_you_mean(name, SAMPLES))
    if domain and domain not in _DOMAIN_FILES:
        raise UserError(f"there is no domain {domain!r}", where="--domain", fix=did_you_mean(domain, _DOMAIN_FILES))
    archive = yield from fetch_archive(REVIEWS)
    domains = [domain] if domain else list(_DOMAIN_FILES)
    reviews = [review for each in domains for review in _read(archive, each)]
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "rating", "sentiment", "domain"])
        writer.writerows((r.text, r.rating, r.sentiment, r.domain) for r in reviews)
    yield Note(text=f"{len(reviews)} rows written to {path}")
    return len(reviews)


def _read(archive: Path, domain: str) -> Iterator[Review]:
    """Reviews of one domain: lines of id, rating and sentence, tab-separated."""
    with tarfile.open(archive) as outer:
        inner_name = next(name for name in outer.getnames() if name.endswith(_INNER_ARCHIVE))
        packed = outer.extractfile(inner_name)
        assert packed is not None
        with tarfile.open(fileobj=io.BytesIO(packed.read())) as inner:
            member = next(name for name in inner.getnames() if name.endswith(f"/{_DOMAIN_FILES[domain]}"))
            file = inner.extractfile(member)
            assert file is not None
            for line in io.TextIOWrapper(file, encoding="utf-8"):
                _, rating, text = line.split("\t", 2)
                yield Review(text=text.strip(), rating=float(rating), domain=domain)
