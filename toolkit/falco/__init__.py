"""The domain: Falco's events and rules and Falcosidekick's labels, on the standard library only."""
