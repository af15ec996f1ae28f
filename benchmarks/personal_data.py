"""Personal data: what share of known values in 500 generated sentences is found, by kind.

    python -m benchmarks.personal_data

Every sentence holds one or two values of known kinds, written in the forms that people use: e-mail addresses with
plus signs and subdomains, telephone numbers of eight countries with and without their prefix, card numbers and IBANs in
groups and without, IP addresses of both versions, and names, half of them after a form of address. A value is found if
what was found covers all of it, whatever it was taken for (`of its kind`: and it was taken for what it is).
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable

from benchmarks.measuring import processor_seconds, table

_GIVEN = ("Amelia", "Björn", "Chiara", "Dmitri", "Elif", "Farah", "Grace", "Hiroshi", "Imran", "Joana", "Kofi", "Lena")
_FAMILY = ("Adeyemi", "Brown", "Costa", "Dubois", "Eriksson", "Fischer", "García", "Hansen", "Ito", "Jones", "Kowalski")
_FRAMES = {
    "EMAIL": ("Please write to {} about it.", "my address is {}", "({}) never answered", "From: {}, subject: refund"),
    "PHONE": ("Call me at {} after six.", "my number: {}", "I rang {} twice!", "tel. {}, no answer"),
    "CARD": ("Charge it to {} please.", "card {} was declined", "My Visa {} expires soon.", "paid with {}, twice"),
    "IBAN": ("Send it to {} please.", "my account {} is empty", "IBAN: {}", "the refund went to {}, I think"),
    "IP": ("The login came from {}.", "blocked {} yesterday", "server {} does not answer", "I see {} in the log"),
    "NAME": ("My name is {}, hello.", "Dear Mrs {}, thank you.", "I spoke with {} about it.", "{} was very helpful."),
}
_PHONES = ("+1 {a}", "({b}", "+44 20 7946 0{c}", "020 7946 0{c}", "+49 30 2{d}", "030 2{d}", "+33 1 42 68 {e}")


def _digits(choose: random.Random, count: int) -> str:
    return "".join(choose.choices("0123456789", k=count))


def _email(choose: random.Random) -> str:
    name = choose.choice(_GIVEN).lower().replace("ö", "o") + choose.choice((".", "_", "-", "")) + _digits(choose, 2)
    host = choose.choice(("example.com", "mail.example.org", "example.co.uk", "my-shop.de", "example.museum"))
    return f"{name}{choose.choice(('', '+shop'))}@{host}"


def _phone(choose: random.Random) -> str:
    area = choose.choice(("212", "415", "312", "617"))
    form = choose.choice(_PHONES)
    return form.format(
        a=f"{area}-555-{_digits(choose, 4)}",
        b=f"{area}) 555-{_digits(choose, 4)}",
        c=_digits(choose, 3),
        d=f"{choose.choice('2345')}{_digits(choose, 2)} {_digits(choose, 4)}",
        e=f"{_digits(choose, 2)} {_digits(choose, 2)}",
    )


def _card(choose: random.Random) -> str:
    begin = choose.choice(("4", "51", "55", "37", "6011"))
    body = begin + _digits(choose, (14 if begin == "37" else 15) - len(begin))
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    whole = body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
    if len(whole) == 15:
        return choose.choice((whole, f"{whole[:4]} {whole[4:10]} {whole[10:]}"))
    return choose.choice(("", " ", "-")).join(whole[place : place + 4] for place in range(0, 16, 4))


def _iban(choose: random.Random) -> str:
    country, length = choose.choice((("DE", 18), ("AT", 16), ("ES", 20), ("BE", 12)))
    account = _digits(choose, length)
    letters = "".join(str(ord(letter) - 55) for letter in country)
    whole = f"{country}{98 - int(account + letters + '00') % 97:02d}{account}"
    grouped = " ".join(whole[place : place + 4] for place in range(0, len(whole), 4))
    return choose.choice((whole, grouped))


def _ip(choose: random.Random) -> str:
    if choose.random() < 0.3:
        return "2001:db8:" + ":".join(f"{choose.randrange(1, 2**16):x}" for _ in range(6))
    return ".".join(str(choose.randrange(1, 255)) for _ in range(4))


def _name(choose: random.Random) -> str:
    return f"{choose.choice(_GIVEN)} {choose.choice(_FAMILY)}"


MAKE: dict[str, Callable[[random.Random], str]] = {
    "EMAIL": _email,
    "PHONE": _phone,
    "CARD": _card,
    "IBAN": _iban,
    "IP": _ip,
    "NAME": _name,
}


def sentences(count: int, seed: int) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """Texts, each with its values: kind, start, end."""
    choose = random.Random(seed)
    made = []
    for number in range(count):
        text, values = "", []
        for kind in (list(MAKE)[number % len(MAKE)], *choose.sample(list(MAKE), k=choose.randrange(2))):
            before, after = choose.choice(_FRAMES[kind]).split("{}")
            value = MAKE[kind](choose)
            begin = len(text) + len(before)
            values.append((kind, begin, begin + len(value)))
            text += f"{before}{value}{after} "
        made.append((text, values))
    return made


def recall(count: int, seed: int) -> dict[str, tuple[int, int, int]]:
    """Values, those covered, and those covered by what is of their kind, by kind."""
    from burnish.data.personal import find_personal

    there, covered, named = Counter[str](), Counter[str](), Counter[str]()
    for text, values in sentences(count, seed):
        spans = find_personal(text)
        for kind, start, end in values:
            hits = [span.kind for span in spans if span.start <= start and end <= span.end]
            there[kind] += 1
            covered[kind] += bool(hits)
            named[kind] += kind in hits
    return {kind: (there[kind], covered[kind], named[kind]) for kind in MAKE}


def main() -> None:
    """Print the recall by kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    before = processor_seconds()
    found = recall(options.sentences, options.seed)
    lines = [[kind, f"{n}", f"{hit / n:.1%}", f"{own / n:.1%}"] for kind, (n, hit, own) in found.items()]
    print(table(["kind", "values", "found", "of its kind"], lines))
    print(f"\n{options.sentences} sentences, {processor_seconds() - before:.1f} CPU seconds with loading")


if __name__ == "__main__":
    main()
