"""Words that one engine alone knows, found before Spark is started: `docs/engines.md` says what to write instead."""

import re
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
ONE_ENGINE_ALONE = (
    r"\bqualify\b", r"\bdistinct\s+on\b", r"\*\s+(exclude|replace|except)\b", r"\b(group|order)\s+by\s+all\b", "::",
    "//", r"\bilike\b", r"\bunnest\b", r"\bexplode\b", r"\bstring_agg\b", r"\bgenerate_series\b", r"\blist_\w+\(",
    r"\bregexp_\w+", r"\bconcat\(", r"\bvarchar\b", r"\bdate_?diff\b", r"\bdate_add\b", r"\busing\s+sample\b",
    r"\bquantile_cont\b", r"\bpercentile\b", r"\bfilename\b", r"\bround\([^;]{1,80},\s*\d",
)  # fmt: skip


@pytest.mark.parametrize("path", sorted(MODELS.rglob("*.sql")), ids=lambda path: path.stem)
def test_a_model_holds_no_word_of_one_engine(path: Path) -> None:
    lines = [re.sub(r"'[^']*'", "''", line.split("--")[0]) for line in path.read_text(encoding="utf-8").splitlines()]
    sql = "\n".join(lines).lower()
    assert [word for word in ONE_ENGINE_ALONE if re.search(word, sql)] == []
