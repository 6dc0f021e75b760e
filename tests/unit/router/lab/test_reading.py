import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from quantumlayer.errors import LabError, MissingExtraError
from quantumlayer.router import Price
from quantumlayer.router.lab import (
    Columns,
    Outcomes,
    Pricing,
    read_arrivals,
    read_llmrouter,
    read_mtbench,
    read_outcomes,
    read_routellm,
)

WIDE = """\
prompt,task,a|quality,a|cost_usd,b/c|quality,b/c|cost_usd
"One, two?",talk,0.5,0.001,1,0.02
Three,code,true,0,False,3e-2
"""
LONG = """\
model,prompt,quality,cost_usd,latency_s,task
a,"One, two?",0.5,0.001,1,talk
b/c,Three,0,0.03,4,code
a,Three,1,0,3,code
b/c,"One, two?",1,0.02,2,talk
"""


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def is_the_example(outcomes: Outcomes) -> bool:
    return (
        outcomes.prompts == ("One, two?", "Three")
        and outcomes.models == ("a", "b/c")
        and outcomes.tasks == ("talk", "code")
        and outcomes.quality.tolist() == [[0.5, 1], [1, 0]]
        and outcomes.cost_usd.tolist() == [[0.001, 0.02], [0, 0.03]]
    )


def test_a_wide_table_has_a_row_for_each_prompt(tmp_path: Path) -> None:
    outcomes = read_outcomes(written(tmp_path, WIDE))
    assert is_the_example(outcomes)
    assert outcomes.latency_s is None


def test_a_long_table_has_a_row_for_each_answer_in_any_order(tmp_path: Path) -> None:
    outcomes = read_outcomes(written(tmp_path, LONG))
    assert is_the_example(outcomes)
    assert outcomes.latency_s is not None
    assert outcomes.latency_s.tolist() == [[1, 2], [3, 4]]


def test_json_lines_are_read_packed_or_not(tmp_path: Path) -> None:
    rows = [
        {"prompt": "One, two?", "task": "talk", "a|quality": 0.5, "b/c|quality": 1},
        {"prompt": "Three", "task": "code", "a|quality": True, "b/c|quality": False},
    ]
    costs = [(0.001, 0.02), (0, 0.03)]
    for row, (a, b) in zip(rows, costs, strict=True):
        row.update({"a|cost_usd": a, "b/c|cost_usd": b})
    text = "\n\n".join(map(json.dumps, rows))
    assert is_the_example(read_outcomes(written(tmp_path, text, "rows.jsonl")))
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert is_the_example(read_outcomes(packed))


def test_parquet_is_read_with_pyarrow(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table(
        {
            "prompt": ["One, two?", "Three"],
            "task": ["talk", "code"],
            "a|quality": [0.5, 1],
            "a|cost_usd": [0.001, 0],
            "b/c|quality": [True, False],
            "b/c|cost_usd": [0.02, 0.03],
        }
    )
    path = tmp_path / "table.parquet"
    parquet.write_table(table, path)
    assert is_the_example(read_outcomes(path))
    with pytest.raises(LabError, match="row 1, column 'task': 'talk' is no number"):
        read_outcomes(path, columns=Columns(models=["task"]))
    path.write_bytes(b"PAR1")
    with pytest.raises(LabError, match="no Parquet file"):
        read_outcomes(path)


def test_without_pyarrow_the_extra_that_brings_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"quantumlayer\[lab\]"):
        read_outcomes(tmp_path / "table.parquet")


def test_columns_may_have_other_names_and_costs_may_be_modelled(tmp_path: Path) -> None:
    path = written(tmp_path, "question,kind,a,b\nabcdefgh,x,1,0\n")
    price = Price.usd(input_usd=1, output_usd=2)
    outcomes = read_outcomes(
        path,
        columns=Columns(prompt="question", task="kind", models=["a", "b"]),
        pricing=Pricing({"a": price, "b": Price()}, output_tokens=10),
    )
    assert outcomes.tasks == ("x",)
    assert outcomes.quality.tolist() == [[1, 0]]
    assert outcomes.cost_usd == pytest.approx(np.array([[(2 * 1 + 10 * 2) / 1e6, 0]]))
    with pytest.raises(LabError, match="'b' has no price"):
        read_outcomes(
            path,
            columns=Columns(prompt="question", models=["a", "b"]),
            pricing=Pricing({"a": price}),
        )


def test_long_tables_get_modelled_costs_as_well(tmp_path: Path) -> None:
    path = written(tmp_path, "prompt,model,quality\nabcdefgh,a,1\nabcdefgh,b,0\n")
    pricing = Pricing({"a": Price.usd(input_usd=1, output_usd=0), "b": Price()})
    assert read_outcomes(path, pricing=pricing).cost_usd.tolist() == [[2e-6, 0]]


def test_an_id_tells_prompts_apart_that_read_the_same(tmp_path: Path) -> None:
    rows = "id,prompt,model,quality,cost_usd\n1,hi,a,1,0\n2,hi,a,0,0\n"
    outcomes = read_outcomes(written(tmp_path, rows))
    assert outcomes.prompts == ("hi", "hi")
    assert outcomes.quality.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prompt,quality\np,1\n", "neither a column 'model' nor one that ends in '|quality'"),
        ("a|quality,a|cost_usd\n1,0\n", "has no column 'prompt', only 'a|quality'"),
        ("prompt,a|quality\np,1\n", "has no column 'a|cost_usd'"),
        ("prompt,a|quality,a|cost_usd\np,1,0\nq,,0\n", "row 3, column 'a|quality': '' is no numb"),
        ("prompt,a|quality,a|cost_usd\n\np,2,0\n", "row 3, column 'a|quality': '2' is out of bou"),
        ("prompt,a|quality,a|cost_usd\np,nan,0\n", "'nan' is out of bounds: scale it"),
        ("prompt,a|quality,a|cost_usd\np,1,-1\n", "'-1' is out of bounds: give zero or more"),
        ("prompt,a|quality,a|cost_usd\np,1,inf\n", "'inf' is out of bounds"),
        ("prompt,a|quality,a|cost_usd\n,1,0\n", "row 2, column 'prompt': '' is no text"),
        ("prompt,a|quality,a|cost_usd\np,1\n", "row 2 has 2 fields and the header 3"),
        ("prompt,prompt\np,1\n", "two columns 'prompt'"),
        ('prompt\n"p', "row 2: unexpected end of data"),
        ("prompt,a|quality,a|cost_usd\n", "has no row"),
        ("", "has no row"),
        (
            "prompt,model,quality,cost_usd\np,a,1,0\np,a,0,0\n",
            "row 3, column 'model': 'a' has answered this prompt in row 2 as well",
        ),
        (
            "prompt,model,quality,cost_usd\np,a,1,0\np,b,0,0\nq,a,1,0\n",
            "row 4, column 'model': no row has the answer of 'b'",
        ),
        (
            "id,prompt,model,quality,cost_usd\n1,p,a,1,0\n1,q,b,0,0\n",
            "row 3, column 'prompt': it differs from an earlier row",
        ),
        (
            "prompt,task,model,quality,cost_usd\np,x,a,1,0\np,y,b,0,0\n",
            "row 3, column 'task': it differs",
        ),
    ],
)
def test_a_bad_table_is_refused_by_row_column_and_cure(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(LabError) as caught:
        read_outcomes(written(tmp_path, text))
    assert message in str(caught.value)
    assert "table.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.jsonl", b"{]\n", "row 1 is no JSON"),
        ("rows.jsonl", b"{}\n[1]\n", "row 2 is no JSON object"),
        ("rows.jsonl", b'{"prompt": "p", "a|quality": "\xff"}', "not in UTF-8"),
        ("rows.jsonl", b'{"prompt": ["p"], "a|quality": 1}', "['p'] is no text"),
        ("rows.jsonl", b'{"prompt": "p", "a|quality": [1]}', "[1] is no number"),
        ("rows.jsonl.gz", b"plain", "cannot be read"),
        ("rows.csv.gz", gzip.compress(b"prompt\n" * 99)[:-9], "cannot be read"),
        ("rows.txt", b"", "has to end in .csv"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LabError) as caught:
        read_outcomes(path)
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"nowhere\.csv"):
        read_outcomes(tmp_path / "nowhere.csv")


def test_routellm_has_two_models_and_prompts_to_leave_out(tmp_path: Path) -> None:
    weak, strong = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
    path = written(tmp_path, f"prompt,{weak},{strong}\nseen,True,True\nnew,False,True\n")
    prompts = written(tmp_path, '{"eval_prompt": "seen"}\n', "prompts.jsonl")
    pair = read_routellm(path, prompts)
    assert pair.outcomes.prompts == ("new",)
    assert pair.outcomes.quality.tolist() == [[0, 1]]
    assert (pair.weak, pair.strong) == pair.outcomes.models == (weak, strong)
    assert pair.outcomes.cost_usd[0, 1] > 10 * pair.outcomes.cost_usd[0, 0]


def test_mtbench_has_the_mean_of_both_turns(tmp_path: Path) -> None:
    weak, strong = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
    asked = [
        {"question_id": 81, "category": "writing", "turns": ["Write.", "Again."]},
        {"question_id": 82, "category": "math", "turns": ["Count.", "Again."]},
    ]
    scores = {(81, weak): (4, 6), (81, strong): (10, 9), (82, weak): (1, 1), (82, strong): (8, 8)}
    told = [
        {"question_id": question, "model": model, "turn": turn, "score": score}
        for (question, model), both in scores.items()
        for turn, score in enumerate(both, start=1)
    ]

    def lines(rows: Sequence[object], name: str) -> Path:
        return written(tmp_path, "".join(f"{json.dumps(row)}\n" for row in rows), name)

    questions, judgements = lines(asked, "question.jsonl"), lines(told, "judgements.jsonl")
    pair = read_mtbench(questions, judgements)
    assert pair.outcomes.prompts == ("Write.", "Count.")
    assert pair.outcomes.tasks == ("writing", "math")
    assert pair.outcomes.quality == pytest.approx(np.array([[0.5, 0.95], [0.1, 0.8]]))
    left = lines([{"eval_prompt": "Count."}], "prompts.jsonl")
    assert read_mtbench(questions, judgements, left).outcomes.prompts == ("Write.",)
    with pytest.raises(LabError, match="has 1 scores of 'gpt-4-1106-preview' for '82'"):
        read_mtbench(questions, lines(told[:-1], "judgements.jsonl"))
    with pytest.raises(LabError, match="no list of texts"):
        read_mtbench(lines([{**asked[0], "turns": "Write."}], "question.jsonl"), judgements)


def test_llmrouter_is_parted_as_published(tmp_path: Path) -> None:
    table = "split,task_name,question,m\ntrain,x,p,0.5\ntest,y,q,1\n"
    prices = json.dumps({name: {"input_price": 1, "output_price": 1} for name in "mn"})
    train, test = read_llmrouter(written(tmp_path, table), written(tmp_path, prices, "prices.json"))
    assert (train.prompts, test.prompts) == (("p",), ("q",))
    assert train.models == ("m",)
    for bad in (
        "[]",
        '{"m": {"input_price": 1}}',
        '{"m": {"input_price": "a", "output_price": 1}}',
    ):
        with pytest.raises(LabError, match="no list of prices"):
            read_llmrouter(tmp_path / "table.csv", written(tmp_path, bad, "prices.json"))
    with pytest.raises(LabError, match="no JSON"):
        read_llmrouter(tmp_path / "table.csv", written(tmp_path, "{", "prices.json"))


def test_the_public_sets_have_the_published_sizes_and_qualities(shared: Path) -> None:
    pytest.importorskip("pyarrow")
    folder = shared / "data" / "routing"
    for name, size, weak, strong in (
        ("mmlu", 14_037, 0.6809, 0.8059),
        ("gsm8k", 1_307, 0.6373, 0.8577),
    ):
        outcomes = read_routellm(
            folder / "routellm" / f"{name}_responses.parquet",
            folder / "routellm" / f"{name}_contaminated_prompts.jsonl.gz",
        ).outcomes
        assert len(outcomes) == size
        assert outcomes.quality.mean(axis=0) == pytest.approx([weak, strong], abs=5e-5)
    judged = read_mtbench(
        folder / "routellm" / "mt_bench_question.jsonl.gz",
        folder / "routellm" / "mt_bench_judgements.jsonl.gz",
        folder / "routellm" / "mt_bench_contaminated_prompts.jsonl.gz",
    ).outcomes
    assert len(judged) == 72
    assert judged.quality.mean(axis=0) == pytest.approx([0.8, 0.9], abs=0.05)
    train, test = read_llmrouter(
        folder / "llmrouter" / "dcrouter_9models.parquet",
        folder / "llmrouter" / "default_llm_prices.json.gz",
    )
    assert (len(train), len(test), len(train.models)) == (5_608, 500, 9)
    assert test.quality.mean(axis=0).max() == pytest.approx(0.5626, abs=5e-5)
    assert test.quality.max(axis=1).mean() == pytest.approx(0.7434, abs=5e-5)


def test_arrivals_are_read_from_both_kinds_of_traces(tmp_path: Path) -> None:
    azure = written(
        tmp_path,
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.2299601,3180,8\n",
    )
    assert read_arrivals(azure) == pytest.approx([0, 0.25])
    mooncake = written(tmp_path, '{"timestamp": 27}\n{"timestamp": 3027}\n', "trace.jsonl")
    assert read_arrivals(mooncake) == [0, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("TIMESTAMP\nyesterday\n", "row 2, column 'TIMESTAMP': 'yesterday' is no date"),
        ("timestamp\n5\n4\n", "row 3, column 'timestamp': it is earlier"),
        ("time\n5\n", "no column 'timestamp'"),
    ],
)
def test_a_trace_that_tells_no_times_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LabError) as caught:
        read_arrivals(written(tmp_path, text))
    assert message in str(caught.value)
