"""What may be published: rules, suppression, attacker, audit. The only door out of the lake."""
