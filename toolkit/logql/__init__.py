"""The language: LogQL parsed, printed, built and checked, on the standard library and RE2 only."""
