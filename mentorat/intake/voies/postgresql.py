"""A sender's own PostgreSQL base (psycopg): one query a source, in a read-only transaction, streamed to CSV."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentorat.intake.voies.configuration import SECRET, PostgresqlWay
from mentorat.intake.voies.transfer import Fetched, WayFault, place
from mentorat.secrets import of_sender, secret
from mentorat.settings import Settings

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 30


def fetch(way: PostgresqlWay, into: Path, settings: Settings) -> Iterator[Fetched]:
    """Write into `into` one `;` CSV a query, named after its source.

    Every query is read in one repeatable-read, read-only transaction: the sources tell the same moment. Raises
    WayFault when the server, the account or a query does not answer; nothing of what it answered is told.
    """
    import psycopg

    name = of_sender(SECRET, way.emetteur)
    found = secret(name, settings.secrets)
    try:
        connection = psycopg.connect(
            host=way.hote,
            port=way.port,
            dbname=way.base,
            user=way.utilisateur,
            password=found.value if found else None,
            sslmode=way.sslmode,
            sslrootcert=str(way.certificat) if way.certificat else None,
            connect_timeout=CONNECT_SECONDS,
            application_name="mentorat-impact",
            client_encoding="utf8",
            passfile="/dev/null",  # no password but the configured one
        )
    except psycopg.Error:
        raise WayFault(
            f"la base {way.base} de {way.hote}, port {way.port}, n'a pas pu être ouverte ; vérifiez « hote », "
            f"« port », « base », « utilisateur », « sslmode » et le secret {name}"
        ) from None
    with connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("select set_config('statement_timeout', %s, true)", [f"{way.delai_secondes}s"])
        for source, query in way.requetes.items():
            copy = place(into, f"{source}.csv")
            try:
                _copy(connection, query, copy, way)
            except psycopg.Error as error:
                raise WayFault(f"la requête de « {source} » {_why(error, way)}") from None
            yield Fetched(copy, f"{source}.csv", time.time())


def _why(error: "psycopg.Error", way: PostgresqlWay) -> str:
    """Why a query gave nothing: by the server's code alone, since its message may quote a value."""
    import psycopg

    if isinstance(error, psycopg.errors.QueryCanceled):
        return f"dépasse {way.delai_secondes} secondes (« delai_secondes »)"
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return "écrit dans la base : seule la lecture est permise"
    return (
        f"est refusée par la base (code {error.sqlstate or 'inconnu'}) ; vérifiez le nom des tables et des colonnes, "
        "et les droits du compte"
    )


def _copy(connection: "psycopg.Connection[Any]", query: str, copy: Path, way: PostgresqlWay) -> None:
    # the query is the operator's own configuration; COPY takes it between brackets, so that it can only be a SELECT
    options = "FORMAT csv, HEADER, DELIMITER ';', ENCODING 'UTF8'"
    statement = f"COPY ({query.strip().rstrip(';')}\n) TO STDOUT WITH ({options})"
    written = 0
    with connection.cursor() as cursor, cursor.copy(statement) as rows, copy.open("wb") as out:
        for block in rows:
            written += out.write(block)
            if written > way.taille_maximale:
                raise WayFault(f"une requête donne plus de {way.taille_maximale} octets (« taille_maximale »)")
