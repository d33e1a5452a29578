"""What the warehouse reads of the catalogue, written as files that dbt understands and a test holds to the catalogue.

`python -m mentorat.contracts.warehouse` writes them again: two seeds (the grid of series, what each indicator needs)
and the model that unites the counts of every indicator's model.
"""

import csv
import io
from collections.abc import Collection
from pathlib import Path

from mentorat.contracts.catalogue import QUANTILES, Indicator, Mesure, counted

ROOT = Path(__file__).resolve().parents[2]
GRID = ROOT / "mentorat" / "reference" / "grille_indicateurs.csv"
NEEDS = ROOT / "mentorat" / "reference" / "exigences_indicateurs.csv"
UNION = ROOT / "dbt_project" / "models" / "intermediate" / "indicateurs" / "int_comptes.sql"
COLUMNS = (
    "niveau", "code", "periode", "indicateur", "ventilation", "mesure", "numerateur", "denominateur", "valeur",
    "n_manquants",
)  # fmt: skip
"""What a model of an indicator gives."""


LEVELS = ("departement", "collectivite", "national", "association")


def _series(
    indicator: Indicator, series: tuple[str, str, Mesure], levels: Collection[str], socle: str
) -> dict[str, str]:
    periode, ventilation, mesure = series
    flags = {
        "est_donnee": mesure in QUANTILES or socle == "national",
        "est_detail": ventilation != "" and indicator.total,
        **{f"a_{level}": level in levels for level in LEVELS},
    }
    return {
        "indicateur": indicator.id,
        "type_periode": periode,
        "ventilation": ventilation,
        "mesure": mesure,
        "unite": "part" if mesure == "part" else indicator.unite,
        "facteur": repr(indicator.facteur),
        "socle": socle,
        **{name: str(value).lower() for name, value in flags.items()},
    }


def grid() -> list[dict[str, str]]:
    """One row a series of the mart: its indicator, kind of period, ventilation, measure, unit and factor; `socle`, the
    level its counts are added from; whether the model gives it whole, whether it is part of a total; one flag a level.
    """
    rows = []
    for indicator in counted().values():
        socle = "departement" if "departement" in indicator.niveaux else "association"
        for periode in indicator.periodes:
            rows += [
                _series(indicator, (periode, ventilation, mesure), indicator.niveaux, socle)
                for ventilation in indicator.series(periode)
                for mesure in indicator.mesures
            ]
            rows += [
                _series(indicator, (periode, series.ventilation, mesure), ["national"], "national")
                for series in indicator.nationales
                for mesure in series.mesures
            ]
    return rows


def needs() -> list[dict[str, str]]:
    """One row a fact that an indicator needs: indicateur, niveau, ventilation ('' for all), fait."""
    rows = []
    for indicator in counted().values():
        asked = indicator.exige if isinstance(indicator.exige, dict) else {"": indicator.exige}
        if "departement" in indicator.niveaux:
            rows += [
                {"indicateur": indicator.id, "niveau": "departement", "ventilation": ventilation, "fait": fact}
                for ventilation, facts in asked.items()
                for fact in facts
            ]
        if "association" in indicator.niveaux:
            rows += [
                {"indicateur": indicator.id, "niveau": "association", "ventilation": "", "fait": fact}
                for fact in indicator.exige_association
            ]
    return rows


def union() -> str:
    """SQL of the model that unites the counts of every model of the catalogue."""
    models = sorted({str(indicator.modele) for indicator in counted().values()})
    columns = ",\n    ".join(COLUMNS)
    selects = "\nunion all\n".join(f"select\n    {columns}\nfrom {{{{ ref('{model}') }}}}" for model in models)
    return (
        "-- Written by python -m mentorat.contracts.warehouse from the catalogue: the counts of every indicator.\n"
        f"{selects}\n"
    )


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def files() -> dict[Path, str]:
    """Content of each file derived from the catalogue, by path."""
    return {GRID: _csv(grid()), NEEDS: _csv(needs()), UNION: union()}


def main() -> None:
    """Write the files."""
    for path, content in files().items():
        path.write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
