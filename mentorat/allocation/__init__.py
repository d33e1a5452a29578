"""How the platform 1jeune1mentor.fr shares demands between associations."""
