"""One module a stage: recueil, entrepot (dbt), estimations, diffusion, publication."""
