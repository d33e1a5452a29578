"""How tests are shared out between the cores: files that rest on one long run together, the longest first.

A session fixture is made again by every process that asks for it, and what begins last ends alone: by default xdist
begins with the files that hold the most tests, which are the quickest.
"""

from typing import Any

import pytest

TOGETHER = {
    "tests/pipeline/test_whole_way.py": "the run of the demonstration",
    "tests/pipeline/test_recovery.py": "the run of the demonstration",
    "tests/dbt/test_indicateurs.py": "the marts of the lake written by hand",
    "tests/dbt/test_project.py": "the marts of the lake written by hand",
    "tests/dbt/test_retours.py": "the marts of the lake written by hand",
}
"""Files that use the same session fixture, hence the same process."""
LONGEST = (
    "tests/pipeline/test_whole_way.py",
    "tests/pipeline/test_real_depot.py",
    "tests/dbt/test_project.py",
    "tests/dbt/test_cohortes.py",
    "tests/browser/test_documentation.py",
    "tests/methods/test_att_recovery.py",
    "tests/methods/test_fixed_seed_demonstration.py",
    "tests/services/test_ui.py",
    "tests/methods/test_notebook_enquete.py",
    "tests/methods/test_notebook_redressement.py",
    "tests/methods/test_notebooks.py",
    "tests/unit/simulation/test_historique.py",
    "tests/pipeline/test_canaries.py",
)
"""What to begin with (read `pytest --durations=40` on an idle machine)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.nodeid.split("::")[0], len(rank)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    class ByFixture(LoadFileScheduling):
        """A file at a time, or the files of one fixture."""

        def _split_scope(self, nodeid: str) -> str:
            name = super()._split_scope(nodeid)
            return TOGETHER.get(name, name)

    return ByFixture(config, log)
