"""A source as a Frictionless Table Schema, so that any tool can check a file before it is sent.

https://specs.frictionlessdata.io/table-schema/: canonical headers and codes only, where intake also reads labels,
synonyms and other date formats.
"""

import re
from typing import Any

from mentorat.contracts.sources import Column, codes_of, contract
from mentorat.contracts.spoken import codes_in_words, expected

TYPES = {"entier": "integer", "decimal": "number", "date": "date", "mois": "yearmonth", "booleen": "boolean"}


def _one_of(words: list[str]) -> str:
    """A pattern for a list of these words joined by « | », at least one."""
    word = "|".join(re.escape(word) for word in words)
    return rf"^({word})(\|({word}))*$"


def _constraints(column: Column, needed: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"required": True} if needed else {}
    codes = list(codes_of(column))
    if column.type == "liste":
        if codes:
            found["pattern"] = _one_of(codes)
    elif codes:
        found["enum"] = [int(code) for code in codes] if column.type == "entier" else codes
    elif column.bornes:
        whole = column.type == "entier"
        found["minimum"], found["maximum"] = (int(bound) if whole else bound for bound in column.bornes)
    elif column.type == "pseudonyme":
        found["pattern"] = rf"^[0-9a-f]{{{column.longueur}}}$"
    return found


def _field(column: Column, needed: bool) -> dict[str, Any]:
    said = [expected(column)]
    if column.unite:
        said.append(f"unité : {column.unite}")
    if column.codes:
        said.append(codes_in_words(column))
    if column.article:
        said.append(f"article {column.article} du code de l'action sociale et des familles")
    field: dict[str, Any] = {
        "name": column.nom,
        "title": column.libelle,
        "type": TYPES.get(column.type, "string"),
        "description": " ; ".join(said),
    }
    if column.type == "booleen":
        field |= {"trueValues": ["oui"], "falseValues": ["non"]}
    if constraints := _constraints(column, needed):
        field["constraints"] = constraints
    return field


def table_schema(source: str) -> dict[str, Any]:
    """The Table Schema of a source: fields in the contract's order, key, missing value.

    A key of which a part may be empty is given as `uniqueKeys`, since a primary key may not be. Raises KeyError when
    it is not a source.
    """
    found = contract(source)
    key: dict[str, Any] = (
        {"primaryKey": found.cle} if set(found.cle) <= set(found.cle_obligatoire) else {"uniqueKeys": [found.cle]}
    )
    return {
        "title": found.titre,
        "fields": [_field(column, column.nom in found.cle_obligatoire) for column in found.colonnes],
        "missingValues": [""],
        **key,
    }
