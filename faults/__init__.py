"""Faults on purpose: real bots, a real mongod and the strict workspace are hurt, and then looked at. `make faults`."""
