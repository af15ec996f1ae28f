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
    "digits": "1,797 handwritten digits as pictures, a folder for each (scikit-learn's, from Alpaydin & Kaynak 1998; "
    "CC BY 4.0)",
}
_DIGITS_SCALE = 4  # 8 x 8 points are hard to look at
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
    """Write a sample: reviews as CSV (text, rating, sentiment, domain), digits as a folder per class.

    Args:
        name: The sample's name.
        path: The file or folder to write.
        domain: Only rows of this domain; "" for all.

    Returns:
        The number of rows written.

    Raises:
        UserError: There is no such sample or domain, it cannot be fetched, or another file has this name.
    """
    if name not in SAMPLES:
        raise UserError(f"there is no sample {name!r}", where="sample", fix=did_you_mean(name, SAMPLES))
    if domain and domain not in _DOMAIN_FILES:
        raise UserError(f"there is no domain {domain!r}", where="--domain", fix=did_you_mean(domain, _DOMAIN_FILES))
    if name == "digits":
        return (yield from _write_digits(path))
    archive = yield from fetch_archive(REVIEWS)
    domains = [domain] if domain else list(_DOMAIN_FILES)
    reviews = [review for each in domains for review in _read(archive, each)]
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "rating", "sentiment", "domain"])
        writer.writerows((r.text, r.rating, r.sentiment, r.domain) for r in reviews)
        file.flush()
        if path.exists() and path.read_bytes() != temporary.read_bytes():  # it may be the user's own data
            raise UserError(
                "another file has this name already",
                where=str(path),
                fix="Name another one with --out FILE, or take this one away first.",
            )
    yield Note(text=f"{len(reviews)} rows written to {path}")
    return len(reviews)


def usual_place(name: str) -> Path:
    """Where a sample is written where no other place is named."""
    return Path("digits" if name == "digits" else f"{name}.csv")


def _write_digits(folder: Path) -> Work[int]:
    """The digits that scikit-learn brings along, as grey PNG files in a folder for each digit."""
    from sklearn.datasets import load_digits

    try:
        from PIL import Image
    except ImportError:
        raise UserError(
            "writing pictures needs Pillow, which is not installed",
            where="sample digits",
            fix="Add it: pip install 'burnish[images]', or in a clone: pip install -c constraints.txt -e '.[images]'",
        ) from None

    if folder.exists() and any(folder.iterdir()):
        raise UserError("the folder is not empty", where=str(folder), fix="Name another one with --out.")
    found = load_digits()
    for number, (points, digit) in enumerate(zip(found.images, found.target, strict=True)):
        place = folder / str(digit)
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray((points * 255 / 16).round().astype("uint8"))
        size = (picture.width * _DIGITS_SCALE, picture.height * _DIGITS_SCALE)
        picture.resize(size, Image.Resampling.BICUBIC).save(place / f"{number:04}.png")
    yield Note(text=f"{len(found.target)} pictures written to {folder}")
    return len(found.target)


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
