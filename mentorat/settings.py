"""Where things are: one settings model, filled from the environment."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mentorat.errors import UsageError

CHECKOUT = Path(__file__).resolve().parents[1]
CAMPAGNES = range(2022, 2036)
"""Civil years the platform accepts as a campagne; 2022 is the year of the law."""


class Settings(BaseSettings):
    """Paths of the data folder (`MENTORAT_DATA`, by default `data/` in the checkout)."""

    model_config = SettingsConfigDict(env_prefix="MENTORAT_", frozen=True, extra="ignore")

    data: Path = Field(default=CHECKOUT / "data", description="MENTORAT_DATA")
    plan: Path | None = Field(default=None, description="MENTORAT_PLAN: the analysis plan, in place of the usual one")
    references: Path | None = Field(
        default=None, description="MENTORAT_REFERENCES: data of published studies that may not be kept here"
    )

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if value == Path():
            raise UsageError("MENTORAT_DATA est vide : donnez-lui le chemin du dossier de données, ou retirez-la.")
        # dbt and the notebooks run from other folders than the caller's
        return value.expanduser().absolute()

    @field_validator("plan")
    @classmethod
    def _absolute_plan(cls, value: Path | None) -> Path | None:
        if value == Path():
            raise UsageError("MENTORAT_PLAN est vide : donnez-lui le chemin du plan d'analyse, ou retirez-la.")
        return None if value is None else value.expanduser().absolute()

    @field_validator("references")
    @classmethod
    def _absolute_references(cls, value: Path | None) -> Path | None:
        # the tests of published figures name it too, and an empty one means none there
        return None if value is None or value == Path() else value.expanduser().absolute()

    @property
    def lake(self) -> Path:
        return self.data / "lake"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    def depot(self, campagne: int) -> Path:
        return self.data / "depot" / str(campagne)

    def retours(self, campagne: int) -> Path:
        return self.data / "retours" / str(campagne)

    def verite(self, campagne: int) -> Path:
        return self.data / "verite" / f"{campagne}.json"

    def marts(self, campagne: int) -> Path:
        return self.lake / "marts" / str(campagne)

    def rendus(self, campagne: int) -> Path:
        """Rows that go back to senders, in their own references: in the pilotage store, never among the marts."""
        return self.lake / "pilotage" / "rendus" / str(campagne)

    def estimations(self, campagne: int) -> Path:
        return self.lake / "estimations" / str(campagne)

    def diffusion(self, campagne: int) -> Path:
        """Where released tables rest, each with its audit record."""
        return self.lake / "diffusion" / str(campagne)

    def publication(self, campagne: int) -> Path:
        return self.data / "publication" / str(campagne)

    def brouillon(self, campagne: int) -> Path:
        """Where a publication is prepared before it replaces the last good one."""
        return self.lake / "brouillon" / str(campagne)

    def simulation(self, campagne: int) -> dict[str, Any] | None:
        """Content of `simulation.json`, or None when the dépôt is not simulated.

        Raises UsageError when the file is there but unreadable.
        """
        path = self.depot(campagne) / "simulation.json"
        if not path.exists():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"Le fichier {path} est illisible. Relancez « mentorat demo » pour l'écrire de nouveau, "
                "ou retirez-le si le dépôt n'est pas simulé."
            ) from error
        if not isinstance(content, dict) or content.get("simule") is not True:
            raise UsageError(
                f"Le fichier {path} ne décrit pas une simulation (« simule » doit valoir true). "
                "Relancez « mentorat demo », ou retirez-le si le dépôt n'est pas simulé."
            )
        return content
