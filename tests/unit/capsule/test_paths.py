"""Names: an allow-list that means the same file on every machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.capsule._paths import check_path, check_tree
from quantumlayer.errors import UnsafePathError


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "app/main.py",
        ".gitignore",
        ".github/workflows/ci.yml",
        "Dockerfile",
        "src/[id]/(group)/$slug/@modal/+page.svelte",
        "{{cookiecutter}}/a, b=c.txt",
        "concert/auxiliary/nulls/com10",
        "a" * 100,
        "/".join("a" * 20),
    ],
)
def test_names_of_real_projects_are_allowed(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/etc/passwd", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "./a"),
        *(
            "a\\b",
            "C:\\a",
            "C:a",
            "a:stream",
            "a\0b",
            "a\nb",
            "a\x7fb",
            "\u202etxt.exe",
            "a\u200db",
        ),
        *(
            "é",
            "e\u0301",
            "\u212aelvin",
            "con\u0131",
            "a*b",
            "a?b",
            "a|b",
            'a"b',
            "<a>",
            "a;b",
            "`a`",
        ),
        *(
            "CON",
            "con",
            "nul.txt",
            "a/AUX/b",
            "PRN.tar.gz",
            "com1",
            "LPT9.x",
            "conin$",
            "CONOUT$.a",
        ),
        *("a.", "a ", "a /b", "a./b", " a", "b/ a"),
        *(".git", ".GIT/hooks/post-checkout", "sub/.Git/config"),
        *("a" * 101, "/".join("a" * 21), "/".join(["a" * 60] * 4)),
    ],
)
def test_names_that_could_mean_another_file_are_refused(path: str) -> None:
    with pytest.raises(UnsafePathError):
        check_path(path)


@given(st.text(max_size=300))
def test_what_is_allowed_stays_below_its_folder(path: str) -> None:
    try:
        check_path(path)
    except UnsafePathError:
        return
    assert path.isascii()
    assert not path.startswith("/")
    assert all(part not in {"", ".", ".."} for part in path.split("/"))
    assert len(path) <= 240


@pytest.mark.parametrize(
    "paths",
    [
        ["a", "a"],
        ["README", "readme"],
        ["src/a", "SRC/b"],
        ["src/Deep/a", "src/deep/b"],
        ["a", "a/b"],
        ["a/b", "a"],
        ["A", "a/b"],
        ["ok", "not ok "],
    ],
)
def test_names_that_some_file_system_confuses_are_refused(paths: list[str]) -> None:
    with pytest.raises(UnsafePathError):
        check_tree(paths)


def test_names_that_merely_look_alike_are_allowed() -> None:
    check_tree(["a", "a.b", "a-b/c", "ab", "src/a", "src/b", "src/deep/a", "srcs/a"])


def test_the_refusal_names_the_path_and_the_other_one() -> None:
    with pytest.raises(UnsafePathError, match=r"'SRC' and 'src' are one name.*Rename"):
        check_tree(["src/a", "SRC/b"])
