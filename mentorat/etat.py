"""What the data folder holds, told in a few lines."""

import json
from collections.abc import Iterator

from mentorat.settings import CAMPAGNES, Settings


def state_lines(settings: Settings) -> Iterator[str]:
    """One French line a campagne: senders and files in the dépôt, answers, publication."""
    yield f"Dossier de données : {settings.data}"
    campagnes = [campagne for campagne in CAMPAGNES if settings.depot(campagne).is_dir()]
    if not campagnes:
        yield "Aucun dépôt. Pour essayer : mentorat demo --campagne 2024"
    for campagne in campagnes:
        depot = settings.depot(campagne)
        senders = [path for path in depot.iterdir() if path.is_dir()]
        files = sum(path.is_file() for sender in senders for path in sender.rglob("*"))
        simulated = " (données simulées)" if settings.simulation(campagne) else ""
        yield f"Campagne {campagne}{simulated} : {len(senders)} émetteurs, {files} fichiers déposés"
        manifest = settings.publication(campagne) / "manifeste.json"
        if manifest.exists():
            try:
                content = json.loads(manifest.read_text(encoding="utf-8"))
                files, code = len(content["fichiers"]), content["version"]
            except (ValueError, KeyError):
                yield f"  publication au manifeste abîmé : mentorat run --campagne {campagne} la refait"
                continue
            yield f"  publication : {files} fichiers, version {code}, {manifest.parent}"
        else:
            yield f"  pas encore de publication : mentorat run --campagne {campagne}"
