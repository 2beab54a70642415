"""Pushes: a request body decoded, checked as Loki's distributor checks it, and stored."""
