"""The columns whose filling the warehouse measures are those the contracts say must be filled."""

import ast
import re
from pathlib import Path

from mentorat.contracts.sources import contracts

MACRO = Path(__file__).resolve().parents[3] / "dbt_project" / "macros" / "collecte.sql"
SENDERS = {"collectivite", "association"}


def test_the_macro_lists_the_mandatory_columns_of_the_senders_sources():
    listed = ast.literal_eval(re.search(r"return\((\{.*\})\)", MACRO.read_text(encoding="utf-8"), re.DOTALL)[1])
    mandatory = {
        name: [column.nom for column in spoken.colonnes if column.obligatoire and column.nom not in spoken.cle]
        for name, spoken in contracts().items()
        if SENDERS & set(spoken.emetteurs)
    }
    assert listed == {name: columns for name, columns in mandatory.items() if columns}
