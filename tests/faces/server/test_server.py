"""A real server, asked over loopback."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from burnish.contracts import Prediction
from burnish.errors import UserError
from burnish.faces.client import Client
from burnish.faces.server.keys import key_hash, new_key
from burnish.faces.server.running import make_server, open_socket, serve
from burnish.faces.server.served import Served
from burnish.faces.server.service import Service
from burnish.faces.server.settings import ServerSettings
from tests.faces.server.serving import Running, running

TEXTS = ("the box was great and lovely", "it is awful and broken", "the manual and the cable", "great great perfect")


def test_it_answers_as_the_specialist_does(server: Running, served: Served) -> None:
    expected = served.specialist.predict([{"text": text} for text in TEXTS])
    with Client(server.address) as client:
        one_by_one = [client.predict({"text": text}) for text in TEXTS]
        together = client.predict_many([{"text": text} for text in TEXTS])
    for found in (one_by_one, together):
        assert [p.value for p in found] == [p.value for p in expected]
        for answer, wanted in zip(found, expected, strict=True):
            assert answer.scores == pytest.approx(wanted.scores, abs=1e-5)


def test_it_says_what_it_is_and_how_it_is(server: Running, served: Served) -> None:
    assert server.ask("/health").json()["status"] == "alive"
    assert server.ask("/ready").json() == {"ready": True, "version": served.version}
    told = server.ask("/model").json()
    assert (told["task"], told["engine"]) == ("text-classification", "onnx")
    assert told["labels"] == list(served.specialist.manifest.targets.labels)
    assert server.said[0].startswith("ready: 32 probes")


def test_every_answer_has_a_number_of_its_own_and_a_version(server: Running, served: Served) -> None:
    answers = [server.ask("/predict", {"text": TEXTS[0]}).json() for _ in range(3)]
    assert len({answer["id"] for answer in answers}) == 3
    assert {answer["version"] for answer in answers} == {served.version}


def test_every_word_is_worth_what_the_score_falls_without_it(server: Running, served: Served) -> None:
    found = server.ask("/explain", {"text": "the box was great"}).json()
    words = found["words"]["text"]
    assert [word["text"] for word in words] == ["the", "box", "was", "great"]
    without = served.specialist.predict([{"text": "the box was"}])[0].scores[found["value"]]
    assert words[-1]["worth"] == pytest.approx(found["scores"][found["value"]] - without, abs=1e-4)


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/predict", b'{"text": ', 400, "Invalid JSON"),
        ("/predict", b"\xff\xfe", 400, "Invalid JSON"),
        ("/predict", b"", 400, "Invalid JSON"),
        ("/predict", {}, 422, "Field required"),
        ("/predict", {"text": ""}, 422, "at least 1 character"),
        ("/predict", {"text": "  \n "}, 422, "the text is empty"),
        ("/predict", {"text": 3}, 422, "valid string"),
        ("/predict", {"text": "x", "extra": 1}, 422, "Extra inputs"),
        ("/predict", {"text": "x" * 2_001}, 422, "at most 2000"),
        ("/predict", {"text": "x" * 30_000}, 413, "larger than 20,000 bytes"),
        ("/predict/batch", {"rows": []}, 422, "at least 1 item"),
        ("/predict/batch", {"rows": [{"text": "x"}] * 9}, 422, "at most 8 items"),
        ("/predict/batch", {"rows": [{"text": "fine"}, {"text": " "}]}, 422, "the text is empty"),
        ("/nowhere", {"text": "x"}, 404, "no such address"),
        ("/predict", None, 405, "other requests"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    path: str, body: object, status: int, told: str, server: Running
) -> None:
    answer = server.ask(path, body)
    assert answer.status == status
    assert told in answer.json()["error"]["what"]
    assert b"Traceback" not in answer.body


def test_the_openapi_document_describes_rows_and_answers(server: Running) -> None:
    document = server.ask("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert schemas["Row"]["required"] == ["text"]
    assert schemas["Prediction"]["properties"]["value"]["enum"] == ["negative", "neutral", "positive"]
    asked = document["paths"]["/predict/batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert asked == {"$ref": "#/components/schemas/Rows"}
    references = [part.split('"')[0] for part in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]]
    assert set(references) <= set(schemas)


def test_requests_are_counted_and_odd_paths_make_no_new_series(server: Running) -> None:
    for number in range(3):
        server.ask(f"/odd/{number}")
    text = server.ask("/metrics").body.decode()
    assert 'burnish_requests_total{route="other",status="404"}' in text
    assert "/odd/" not in text
    assert "burnish_batch_rows_bucket" in text
    assert "burnish_ready 1.0" in text


def test_many_at_once_are_all_answered_right(server: Running, served: Served) -> None:
    def ask(number: int) -> tuple[str, str]:
        with Client(server.address) as client:
            return TEXTS[number % 4], client.predict({"text": TEXTS[number % 4]}).value

    expected = dict(zip(TEXTS, (p.value for p in served.specialist.predict(list(TEXTS))), strict=True))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(96)))
    assert len(answers) == 96
    assert all(expected[text] == value for text, value in answers)


def test_keys_open_it_and_only_they(served: Served) -> None:
    key = new_key()
    with running(served, ServerSettings(), {"shop": key_hash(key)}) as server:
        assert server.ask("/predict", {"text": "x"}).status == 401
        assert server.ask("/metrics").status == 401
        assert server.ask("/predict", {"text": "x"}, {"Authorization": "Bearer wrong"}).status == 401
        assert server.ask("/predict", {"text": "x"}, {"X-Burnish-Probe": ""}).status == 401
        assert server.ask("/predict", {"text": "x"}, {"X-API-Key": key}).status == 200
        assert server.ask("/health").status == server.ask("/").status == 200
        with Client(server.address, key=key) as client:
            assert client.model()["task"] == "text-classification"
        assert "bearer" in server.ask("/openapi.json", None, {"X-API-Key": key}).body.decode()


def test_too_many_requests_are_told_when_to_come_again(served: Served) -> None:
    with running(served, ServerSettings(rate=0.5, burst=3)) as server:
        answers = [server.ask("/predict", {"text": "x"}) for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert server.ask("/ready").status == 200


def test_a_client_that_sends_nothing_is_let_go(served: Served) -> None:
    with running(served, ServerSettings(seconds=0.5)) as server:
        host, port = urlsplit(server.address).hostname, urlsplit(server.address).port
        with socket.create_connection((host or "", port or 0), timeout=20) as slow:
            slow.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert slow.recv(100).startswith(b"HTTP/1.1 408")


def test_other_pages_may_call_it_only_where_they_are_named(served: Served, server: Running) -> None:
    origin = {"Origin": "https://shop.example"}
    assert "access-control-allow-origin" not in server.ask("/health", None, origin).headers
    with running(served, ServerSettings(allowed_origins=("https://shop.example",))) as open_server:
        allowed = open_server.ask("/health", None, origin).headers
        assert allowed["access-control-allow-origin"] == "https://shop.example"


def test_it_refuses_to_serve_what_was_not_evaluated(served: Served) -> None:
    first, *others = served.expected
    scores = dict(first.scores)
    scores[first.value] -= 0.01
    changed = Prediction(value=first.value, confidence=first.confidence, scores=scores)
    false = replace(served, expected=(changed, *others))
    service = Service(served=false, settings=ServerSettings())
    with open_socket("127.0.0.1", 0) as listening, pytest.raises(UserError, match="0 of 32 probes differ"):
        asyncio.run(serve(make_server(service, {}), service, listening, print))
    assert not service.is_ready


def test_the_client_says_what_is_wrong(server: Running) -> None:
    with Client(server.address) as client:
        with pytest.raises(UserError, match="the text is empty"):
            client.predict({"text": " "})
        assert client.predict({"text": "fine"}).value
    with pytest.raises(UserError, match="is no address"):
        Client("localhost:1")
    with Client("http://127.0.0.1:9", seconds=2) as nobody, pytest.raises(UserError, match="cannot be reached"):
        nobody.model()
