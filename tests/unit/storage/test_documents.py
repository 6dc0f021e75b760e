"""Documents in SQLite, beyond the contract: cancellation, several openers, any JSON value."""

import tempfile
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantumlayer.storage import SQLiteDocuments, open_database

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: st.lists(children) | st.dictionaries(st.text("abc"), children),
    max_leaves=10,
)


@given(value=json_values)
@settings(max_examples=50, deadline=None)
def test_every_json_value_comes_back_as_it_was(value: object) -> None:
    async def round_trip(folder: Path) -> object:
        async with open_database(folder / "d.sqlite3") as database:
            documents = SQLiteDocuments(database)
            await documents.put("values", "v", value)
            found = await documents.get("values", "v")
            assert found is not None
            return found.value

    with tempfile.TemporaryDirectory() as folder:
        assert anyio.run(round_trip, Path(folder)) == value


@pytest.mark.anyio
async def test_a_cancelled_put_happened_whole_or_not_at_all(tmp_path: Path) -> None:
    async with open_database(tmp_path / "d.sqlite3") as database:
        documents = SQLiteDocuments(database)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await documents.put("runs", "never", 1)
        assert scope.cancelled_caught
        assert await documents.get("runs", "never") is None
        assert (await documents.put("runs", "after", 1)).version == 1


@pytest.mark.anyio
async def test_two_openers_of_one_database_see_each_others_changes(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite3"
    async with open_database(path) as one, open_database(path) as two:
        for number in range(10):
            await SQLiteDocuments(one).put("runs", "a", number, version=2 * number)
            found = await SQLiteDocuments(two).get("runs", "a")
            assert found is not None
            assert found.value == number
            await SQLiteDocuments(two).put("runs", "a", number, version=found.version)
