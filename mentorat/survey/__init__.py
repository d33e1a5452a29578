"""Survey estimation: proportions, their differences, multiplicity, and the 2022 study."""
