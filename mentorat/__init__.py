"""What the programme knows: contracts, identities, estimation, disclosure, simulation."""

__version__ = "0.1.0"
