"""FLOW: secrets on targets: changed, verified, rolled back, whatever crashes in between."""
