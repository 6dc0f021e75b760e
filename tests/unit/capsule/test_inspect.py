"""The view of a capsule for people and scripts."""

import json

from quantumlayer.capsule import Draft, SigningKey, inspect, pack


def test_it_is_json_and_names_what_matters(draft: Draft, key: SigningKey) -> None:
    capsule = pack(draft, key)
    view = json.loads(json.dumps(inspect(capsule)))

    assert view["digest"] == capsule.digest
    assert view["signer"] == key.public.id
    assert [(each["id"], each["status"]) for each in view["requirements"]] == [
        ("R1", "implemented"),
        ("R2", "not_implemented"),
    ]
    assert view["validation"]["ok"] is True
    assert view["validation"]["verdicts"][0]["outcome"] == "PASS"
    assert view["transcript"] == {
        "documents": 1,
        "model_calls": 1,
        "models": ["offline/rules"],
        "total_tokens": 30,
        "cost_nanousd": 30,
    }
    main = next(each for each in view["files"] if each["path"] == "app/main.py")
    assert main["author"]["model"] == "rules"


def test_it_holds_neither_file_contents_nor_prompts(draft: Draft, key: SigningKey) -> None:
    text = json.dumps(inspect(pack(draft, key)))

    assert "app = None" not in text
    assert "You are a developer" not in text
