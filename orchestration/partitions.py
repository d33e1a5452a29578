"""A year of data is a campagne; every asset is partitioned by it."""

from dagster import StaticPartitionsDefinition

from mentorat.settings import CAMPAGNES

campagnes = StaticPartitionsDefinition([str(campagne) for campagne in CAMPAGNES])
