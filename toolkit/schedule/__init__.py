"""Reports that come by themselves: files for Kubernetes, systemd, cron and GitHub Actions.

``plan`` says what is to run when, ``configuration`` what it is told, and a file for each kind of
scheduler writes that down. Values of secrets are never part of it.
"""
